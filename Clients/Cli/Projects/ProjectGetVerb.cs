using System.CommandLine;
using System.Text.Json.Nodes;
using ChunkUpload.Cli.Agent;
using ChunkUpload.Client;
using ChunkUpload.Client.Downloads;

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
        var limit = LimitOption.Create();
        var get = new Command("get", "Ask devices for a file or a folder, wait for it, and fetch it") { name, path, into, force, limit };
        get.SetAction((parse, stop) => Output.RunAsync(parse, async output =>
        {
            output.Stopped = "Stopped. The request stays open: the same command goes on where it ended.";
            var (limits, clock) = LimitOption.Foreground(parse.GetValue(limit));
            using var until = clock;
            using var client = Target.Of(parse).Client(limits);
            var project = await ProjectVerbs.FindAsync(client, parse.GetValue(name)!, stop);
            var from = parse.GetValue(path)!;
            var shown = from.TrimEnd('/').Split('/')[^1];
            if (from.EndsWith('/'))
            {
                var where = parse.GetValue(into) ?? LocalName.Of(shown.Length > 0 ? shown : project.Name);
                return await Bars.ShowAsync(output, bars => FolderRun.RunAsync(
                    output, bars, from, where, "fetched", new FolderOptions(),
                    progress => client.GetProjectFolderAsync(project.Id, from, where, parse.GetValue(force), progress, stop)));
            }

            if (shown.Length == 0)
                throw new UsageException("PATH is a file of the project, such as /line-14/a.xtf, or a folder, such as /line-14/.");
            return await Bars.ShowAsync(output, async bars =>
            {
                var done = await client.GetProjectFileAsync(
                    project.Id, from, parse.GetValue(into) ?? ".", parse.GetValue(force), bars.Begin(shown), stop);
                var saved = done.SavedByResuming > 0 ? $", {Figures.Bytes(done.SavedByResuming)} of them from before" : "";
                output.Result(
                    done.WasThere
                        ? $"{Output.Printable(done.File)} was there already"
                        : $"{Output.Printable(shown)} → {Output.Printable(done.File)} "
                            + $"({Figures.Bytes(done.Size)} in {Figures.Time(done.Elapsed)}{saved})",
                    new JsonObject
                    {
                        ["ok"] = true,
                        ["name"] = shown,
                        ["path"] = from,
                        ["file"] = done.File,
                        ["size"] = done.Size,
                        ["sha256"] = done.Sha256,
                        ["wasThere"] = done.WasThere,
                        ["savedByResuming"] = done.SavedByResuming,
                        ["retries"] = done.Retries,
                        ["seconds"] = Math.Round(done.Elapsed.TotalSeconds, 3),
                    });
                return ExitCodes.Done;
            });
        }));
        return get;
    }
}
