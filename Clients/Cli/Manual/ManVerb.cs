using System.CommandLine;

namespace ChunkUpload.Cli.Manual;

/// <summary>cu man: the manual page, made of the same verbs and options that are parsed.</summary>
internal static class ManVerb
{
    public static Command Create()
    {
        var command = new Command("man", "Print the manual page: cu man > cu.1 && man -l cu.1");
        command.SetAction((parse, _) => Output.RunAsync(parse, output =>
        {
            output.Text(ManPage.Of(parse.RootCommandResult.Command), []);
            return Task.FromResult(ExitCodes.Done);
        }));
        return command;
    }
}
