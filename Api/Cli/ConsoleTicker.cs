using ChunkUpload.Core.Jobs;

namespace ChunkUpload.Api.Cli;

/// <summary>Shows the progress of a verb on one line of a terminal.</summary>
internal sealed class ConsoleTicker : IJobProgress
{
    private readonly bool _isWatched = !Console.IsErrorRedirected;

    public void Report(long done, long? total, string what)
    {
        if (_isWatched)
            Console.Error.Write($"\r{done}{(total is { } all ? $" of {all}" : "")} {what}\e[K\r");
    }
}
