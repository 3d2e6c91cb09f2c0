using System.CommandLine;
using System.CommandLine.Invocation;
using ChunkUpload.Cli.Manual;

namespace ChunkUpload.Cli;

internal static class Program
{
    // A second Ctrl-C, or one that is not heeded for this long, ends the process; the state on disk is good at any point.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static async Task<int> Main(string[] args)
    {
        var parse = CommandTree.Create().Parse(args.Length == 0 ? ["--help"] : args);
        return parse.Action is ParseErrorAction || (parse.Action is not HelpWithExamples && Output.Misspelled(parse) is not null)
            ? Output.FailToParse(parse)
            : await parse.InvokeAsync(new InvocationConfiguration
            {
                ProcessTerminationTimeout = Patience,
                EnableDefaultExceptionHandler = false,
            });
    }
}
