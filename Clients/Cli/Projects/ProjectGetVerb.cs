using System.CommandLine;
using System.Net;
using System.Text.Json.Nodes;
using ChunkUpload.Cli.Agent;
using ChunkUpload.Client;
using ChunkUpload.Client.Downloads;
using ChunkUpload.Client.Projects;
using ChunkUpload.Client.Straight;

namespace ChunkUpload.Cli.Projects;

/// <summary>cu project get: asks a device for a file, waits for it, and fetches it while the device sends it.</summary>
internal static class ProjectGetVerb
{
    public static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = "The project, by its name or id." };
        var path = new Argument<string>("PATH")
        {
            Description = "The file, as cu project ls NAME shows it; with a slash at its end, a folder with all below it.",
        };
        var into = new Option<string?>("--output", "-o")
        {
            Description = "The local file or folder; with a slash at its end, the folder that it goes into. A folder's files go into it.",
        };
        var force = new Option<bool>("--force", "-f") { Description = "Replace another file that is there." };
        var from = new Option<string[]>("--from")
        {
            Description = "Also look for the device at this address and port, such as 192.168.1.5:7443; its key must be the known one.",
        };
        var relay = new Option<bool>("--relay") { Description = "Fetch it through the service, and never from the device itself." };
        var limit = LimitOption.Create();
        var get = new Command("get", "Ask devices for a file or a folder, wait for it, and fetch it")
        {
            name, path, into, force, from, relay, limit,
        };
        get.SetAction((parse, stop) => Output.RunAsync(parse, async output =>
        {
            output.Stopped = "Stopped. The request stays open: the same command resumes where it ended.";
            var (limits, clock) = LimitOption.Foreground(parse.GetValue(limit));
            using var until = clock;
            using var client = Target.Of(parse).Client(limits);
            var project = await ProjectVerbs.FindAsync(client, parse.GetValue(name)!, stop);
            var wanted = parse.GetValue(path)!;
            var shown = wanted.TrimEnd('/').Split('/')[^1];
            var straight = new StraightOptions(parse.GetValue(force), Typed(parse.GetValue(from) ?? []), parse.GetValue(relay));
            if (wanted.EndsWith('/'))
            {
                var where = parse.GetValue(into) ?? LocalName.Of(shown.Length > 0 ? shown : project.Name);
                return await Bars.ShowAsync(output, bars => FolderRun.RunAsync(
                    output, bars, wanted, where, "fetched", new FolderOptions(),
                    progress => client.GetProjectFolderAsync(project.Id, wanted, where, straight, progress, stop)));
            }

            if (shown.Length == 0)
                throw new UsageException("PATH is a file of the project, such as /line-14/a.xtf, or a folder, such as /line-14/.");
            return await Bars.ShowAsync(output, async bars =>
            {
                var done = await client.GetProjectFileAsync(
                    project.Id, wanted, parse.GetValue(into) ?? ".", straight, bars.Begin(shown), stop);
                var saved = done.SavedByResuming > 0 ? $", {Figures.Bytes(done.SavedByResuming)} of them from before" : "";
                output.Result(
                    done.WasThere
                        ? $"{Output.Printable(done.File)} was there already"
                        : $"{Output.Printable(shown)} → {Output.Printable(done.File)} "
                            + $"({Figures.Bytes(done.Size)} in {Figures.Time(done.Elapsed)}{saved}; {WayOf(done)})",
                    new JsonObject
                    {
                        ["ok"] = true,
                        ["name"] = shown,
                        ["path"] = wanted,
                        ["file"] = done.File,
                        ["size"] = done.Size,
                        ["sha256"] = done.Sha256,
                        ["wasThere"] = done.WasThere,
                        ["savedByResuming"] = done.SavedByResuming,
                        ["way"] = done.Way,
                        ["wayReason"] = done.WayReason,
                        ["retries"] = done.Retries,
                        ["seconds"] = Math.Round(done.Elapsed.TotalSeconds, 3),
                    });
                return ExitCodes.Done;
            });
        }));
        return get;
    }

    private static IReadOnlyList<IPEndPoint> Typed(string[] texts) =>
    [
        .. texts.Select(text => IPEndPoint.TryParse(text, out var one) && one.Port > 0 && StraightAddresses.IsUsable(one.Address)
            ? one
            : throw new UsageException($"{text} is no address with a port, such as 192.168.1.5:7443.")),
    ];

    /// <summary>Says which way the bytes took, and why.</summary>
    private static string WayOf(ProjectFileResult done) => done switch
    {
        { Way: FileTransferWords.Straight } => "straight from the device",
        { Way: FileTransferWords.Overlay } => "straight from the device, over an overlay network",
        { WayReason: FileTransferWords.Unreachable } => "through the service: the device could not be reached straight",
        { WayReason: FileTransferWords.FingerprintChanged } =>
            "through the service: the device shows another key than before, see cu project devices",
        { WayReason: FileTransferWords.StraightRefused } => "through the service: the device did not let this computer in",
        { WayReason: "straight_forbidden" } => "through the service: an administrator forbids other ways",
        _ => "through the service",
    };
}
