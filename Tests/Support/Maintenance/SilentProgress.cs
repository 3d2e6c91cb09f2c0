using ChunkUpload.Core.Jobs;

namespace ChunkUpload.Tests.Support.Maintenance;

/// <summary>Remembers the progress that a job reported.</summary>
internal sealed class SilentProgress : IJobProgress
{
    public List<JobProgress> Said { get; } = [];

    public void Report(long done, long? total, string what) => Said.Add(new JobProgress(done, total, what));
}
