using System.Threading.Channels;
using ChunkUpload.Core.Jobs;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Jobs;

/// <summary>A job that a test controls: every run reports its beginning and waits until it is released.</summary>
internal sealed class FakeJob(string name = FakeJob.DefaultName) : IMaintenanceJob
{
    public const string DefaultName = "trim-history";

    private readonly Channel<Run> _runs = Channel.CreateUnbounded<Run>();
    private int _now;

    public string Name => name;

    public string Description => $"The fake {name}.";

    /// <summary>The largest number of runs at the same time so far.</summary>
    public int MostAtOnce { get; private set; }

    /// <summary>The next run, which may have begun already.</summary>
    public Task<Run> NextAsync() => _runs.Reader.ReadAsync().AsTask().WaitAsync(Eventually.Limit);

    public async Task<JobReport> RunAsync(IJobProgress progress, CancellationToken cancellationToken)
    {
        var run = new Run(progress);
        MostAtOnce = Math.Max(MostAtOnce, Interlocked.Increment(ref _now));
        try
        {
            await _runs.Writer.WriteAsync(run, CancellationToken.None);
            return await run.Result.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _now);
            run.Ended.SetResult();
        }
    }

    internal sealed class Run(IJobProgress progress)
    {
        public IJobProgress Progress => progress;

        /// <summary>Completes when the run has ended, also when it was told to stop.</summary>
        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource<JobReport> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Finish(string summary = "Did it.", long did = 1, string? error = null) =>
            Result.SetResult(new JobReport(summary, new Dictionary<string, long> { ["did"] = did }) { Error = error });
    }
}
