using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using ChunkUpload.Client;

namespace ChunkUpload.Cli;

/// <summary>cu versions: the contents that a file has had. <see cref="TrashVerbs"/> restores them.</summary>
internal static class VersionVerbs
{
    public static Command Create()
    {
        var path = new Argument<string>("PATH") { Description = "The path of the file there." };
        var versions = new Command("versions", "List the contents that a file has had, the newest first") { path };
        versions.SetAction((parse, stop) => RunAsync(parse, async (output, client, space) =>
        {
            await foreach (var version in client.ListVersionsAsync(parse.GetValue(path)!, space, stop))
                output.Result(Line(version), Fields(version));
        }));
        return versions;
    }

    private static Task<int> RunAsync(ParseResult parse, Func<Output, ChunkUploadClient, string?, Task> verb) =>
        Output.RunAsync(parse, async output =>
        {
            using var client = Target.Of(parse).Client();
            await verb(output, client, parse.GetValue(CommandTree.Space));
            return ExitCodes.Done;
        });

    private static string Line(RemoteVersion version)
    {
        var begin = string.Create(
            CultureInfo.InvariantCulture,
            $"{version.Number,6}  {Figures.Bytes(version.Size),10}  {version.CreatedAt.UtcDateTime:yyyy-MM-dd HH:mm}  ");
        var state = version switch
        {
            { ReplacedAt: null } => "present",
            { Name: { } name } => $"\"{Output.Printable(name)}\"",
            { LeavesAt: { } leaves } => string.Create(CultureInfo.InvariantCulture, $"until {leaves.UtcDateTime:yyyy-MM-dd HH:mm}"),
            _ => "kept",
        };
        return $"{begin}{Output.Printable(version.By)}{(version.With is { } with ? $", {Output.Printable(with)}" : "")}  {state}";
    }

    private static JsonObject Fields(RemoteVersion version) => new()
    {
        ["number"] = version.Number,
        ["size"] = version.Size,
        ["sha256"] = version.Sha256,
        ["createdAt"] = version.CreatedAt.ToString("O", CultureInfo.InvariantCulture),
        ["replacedAt"] = version.ReplacedAt?.ToString("O", CultureInfo.InvariantCulture),
        ["by"] = version.By,
        ["with"] = version.With,
        ["name"] = version.Name,
        ["leavesAt"] = version.LeavesAt?.ToString("O", CultureInfo.InvariantCulture),
    };
}
