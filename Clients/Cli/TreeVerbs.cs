using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using ChunkUpload.Client;

namespace ChunkUpload.Cli;

/// <summary>cu ls, show, rm and mv.</summary>
internal static class TreeVerbs
{
    public static IEnumerable<Command> Create()
    {
        var path = new Argument<string>("PATH") { Description = "The path there." };
        var folder = new Argument<string>("PATH") { Description = "The folder there.", DefaultValueFactory = _ => "" };
        var recursive = new Option<bool>("--recursive", "-r") { Description = "Everything below the folder, too." };
        var ls = new Command("ls", "List a folder") { folder, recursive };
        var encryption = new EncryptionFlags();
        encryption.AddToGet(ls);
        ls.SetAction((parse, stop) => RunAsync(parse, async (output, client, space) =>
        {
            var all = parse.GetValue(recursive);
            await foreach (var entry in client.ListAsync(parse.GetValue(folder)!, space, all, encryption.ReadIdentities(parse), stop))
                output.Result(Line(entry, all ? entry.Path : entry.Name), Fields(entry));
        }));
        yield return ls;

        var show = new Command("show", "Describe a file or folder") { path };
        show.SetAction((parse, stop) => RunAsync(parse, async (output, client, space) =>
        {
            var entry = await client.DescribeAsync(parse.GetValue(path)!, space, stop);
            output.Result(string.Join('\n', Fields(entry).Where(field => field.Value is not null)
                .Select(field => $"{field.Key,-12}{Output.Printable(field.Value!.ToString())}")), Fields(entry));
        }));
        yield return show;

        var paths = new Argument<string[]>("PATH") { Description = "The paths there.", Arity = ArgumentArity.OneOrMore };
        var rm = new Command("rm", "Move files or folders to the trash") { paths };
        rm.SetAction((parse, stop) => RunAsync(parse, async (output, client, space) =>
        {
            if (parse.GetValue(paths)!.Any(one => one.Trim('/').Length == 0))
                throw new UsageException("A PATH names a file or a folder; the root itself cannot be deleted.");
            return await output.EachAsync(parse.GetValue(paths)!, async one =>
            {
                await client.DeleteAsync(one, space, stop);
                output.Result($"{Output.Printable(one)} is in the trash", new JsonObject { ["ok"] = true, ["path"] = one });
            });
        }));
        yield return rm;

        var fresh = new Argument<string>("NEW") { Description = "The new path; with a slash at its end, the new folder." };
        var conflict = new Option<NameConflict>("--conflict")
        {
            Description = "If the name is taken: fail, rename or replace.",
            DefaultValueFactory = _ => NameConflict.Fail,
        };
        var mv = new Command("mv", "Rename or move a file or folder") { path, fresh, conflict };
        mv.SetAction((parse, stop) => RunAsync(parse, async (output, client, space) =>
        {
            var (from, to) = (parse.GetValue(path)!.Trim('/'), parse.GetValue(fresh)!);
            if (to.EndsWith('/'))
                to += from.Split('/')[^1];
            var entry = await client.MoveAsync(from, to, parse.GetValue(conflict), space, stop);
            output.Result($"{Output.Printable(from)} → {Output.Printable(entry.Path)}", Fields(entry));
        }));
        yield return mv;
    }

    internal static Task<int> RunAsync(ParseResult parse, Func<Output, ChunkUploadClient, string?, Task> verb) =>
        RunAsync(parse, async (output, client, space) =>
        {
            await verb(output, client, space);
            return ExitCodes.Done;
        });

    internal static Task<int> RunAsync(ParseResult parse, Func<Output, ChunkUploadClient, string?, Task<int>> verb) =>
        Output.RunAsync(parse, async output =>
        {
            using var client = Target.Of(parse).Client();
            return await verb(output, client, parse.GetValue(CommandTree.Space));
        });

    private static string Line(RemoteEntry entry, string name)
    {
        var size = entry.Size is { } bytes ? Figures.Bytes(bytes) : "";
        var end = entry.Kind switch
        {
            "folder" => "/",
            "link" => " -> " + Output.Printable(entry.LinkTarget ?? ""),
            _ => "",
        };
        var begin = string.Create(CultureInfo.InvariantCulture, $"{size,10}  {entry.ModifiedAt:yyyy-MM-dd HH:mm}  ");
        return begin + Output.Printable(name) + end;
    }

    internal static JsonObject Fields(RemoteEntry entry) => new()
    {
        ["path"] = entry.Path,
        ["kind"] = entry.Kind,
        ["size"] = entry.Size,
        ["sha256"] = entry.Sha256,
        ["modifiedAt"] = entry.ModifiedAt?.ToString("O", CultureInfo.InvariantCulture),
        ["mode"] = entry.Mode,
        ["linkTarget"] = entry.LinkTarget,
        ["id"] = entry.Id,
        ["fileId"] = entry.FileId,
    };
}
