using System.CommandLine;

namespace ChunkUpload.Cli;

internal static class Program
{
    // A second Ctrl-C, or one that is not heeded for this long, ends the process; the state on disk is good at any point.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static Task<int> Main(string[] args) => CommandTree.Create().Parse(args).InvokeAsync(new InvocationConfiguration
    {
        ProcessTerminationTimeout = Patience,
        EnableDefaultExceptionHandler = false,
    });
}
