using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using ChunkUpload.Client;

namespace ChunkUpload.Cli;

/// <summary>cu trash and restore.</summary>
internal static class TrashVerbs
{
    private const int IdDigits = 32;

    public static IEnumerable<Command> Create() => [CreateTrash(), CreateRestore()];

    private static Command CreateTrash()
    {
        var delete = new Option<string[]>("--delete")
        {
            Description = "Delete items for good, by their ids.",
            AllowMultipleArgumentsPerToken = true,
        };
        var empty = new Option<bool>("--empty") { Description = "Delete all items for good." };
        var command = new Command("trash", "List what was deleted or replaced and can be restored, the newest first") { delete, empty };
        command.SetAction((parse, stop) => TreeVerbs.RunAsync(parse, async (output, client, space) =>
        {
            if (parse.GetValue(empty))
            {
                await client.EmptyTrashAsync(space, stop);
                output.Result("The trash is empty.", new JsonObject { ["ok"] = true });
                return ExitCodes.Done;
            }

            if (parse.GetValue(delete) is { Length: > 0 } ids)
            {
                return await output.EachAsync(ids, async id =>
                {
                    await client.DeleteForGoodAsync(id, null, space, stop);
                    output.Result($"{id} is deleted for good", new JsonObject { ["ok"] = true, ["id"] = id });
                });
            }

            await foreach (var item in client.ListTrashAsync(space, stop))
                output.Result(Line(item), Fields(item));
            return ExitCodes.Done;
        }));
        return command;
    }

    private static Command CreateRestore()
    {
        var items = new Argument<string[]>("PATH")
        {
            Description = "The path that was deleted, or the id that cu trash shows.",
            Arity = ArgumentArity.OneOrMore,
        };
        var to = new Option<string?>("--to") { Description = "A path other than the original one; for one PATH." };
        var conflict = new Option<NameConflict>("--conflict")
        {
            Description = "If the name is taken: fail, rename or replace.",
            DefaultValueFactory = _ => NameConflict.Fail,
        };
        var version = new Option<int?>("--version")
        {
            Description = "Restore this earlier content of a file, by its number in cu versions; for one PATH.",
        };
        version.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }] && int.TryParse(text, CultureInfo.InvariantCulture, out var given) && given < 1)
                result.AddError("--version is 1 or more.");
        });
        var command = new Command("restore", "Bring deleted files and folders back from the trash, or an earlier content of a file")
        {
            items, to, conflict, version,
        };
        command.SetAction((parse, stop) => TreeVerbs.RunAsync(parse, async (output, client, space) =>
        {
            var asked = parse.GetValue(items)!;
            if (parse.GetValue(version) is { } number)
            {
                if (asked.Length > 1 || parse.GetValue(to) is not null)
                    throw new UsageException("--version is for one PATH, and cannot be used with --to.");
                await RestoreVersionAsync(output, client, asked[0], number, space, stop);
                return ExitCodes.Done;
            }

            if (asked.Length > 1 && parse.GetValue(to) is not null)
                throw new UsageException("--to is for one PATH.");
            return await output.EachAsync(asked, async one =>
            {
                var id = await FindAsync(client, one, space, stop);
                var entry = await client.RestoreAsync(id, null, parse.GetValue(to), parse.GetValue(conflict), space, stop);
                output.Result(
                    $"{Output.Printable(one)} is back as {Output.Printable(entry.Path)}",
                    new JsonObject { ["ok"] = true, ["path"] = entry.Path, ["id"] = entry.Id });
            });
        }));
        return command;
    }

    private static async Task RestoreVersionAsync(
        Output output, ChunkUploadClient client, string path, int number, string? space, CancellationToken stop)
    {
        var entry = await client.RestoreVersionAsync(path, number, space, stop);
        output.Result(
            $"{Output.Printable(entry.Path)} has the content of version {number} again",
            new JsonObject
            {
                ["ok"] = true,
                ["path"] = entry.Path,
                ["version"] = number,
                ["size"] = entry.Size,
                ["sha256"] = entry.Sha256,
            });
    }

    /// <summary>The item that was deleted last, where several have the path.</summary>
    private static async Task<string> FindAsync(ChunkUploadClient client, string asked, string? space, CancellationToken stop)
    {
        if (asked.Length == IdDigits && asked.All(char.IsAsciiHexDigitLower))
            return asked;
        var path = asked.Trim('/');
        await foreach (var item in client.ListTrashAsync(space, stop))
        {
            if (item.Version is null && item.Path == path)
                return item.Id;
        }

        throw new TransferException(
            TransferFailure.NotFound,
            $"Nothing in the trash was at {asked}. See: cu trash. What lies in a deleted folder comes back with it.");
    }

    private static string Line(TrashItem item) => string.Create(
        CultureInfo.InvariantCulture,
        $"{item.RemovedAt.ToLocalTime():yyyy-MM-dd HH:mm}  {(item.Size is { } size ? Figures.Bytes(size) : ""),10}  {item.Id}  ")
        + Output.Printable(item.Path ?? $"{item.Name} (its folder is gone)")
        + (item.Kind == "folder" ? "/" : "") + (item.Version is { } version ? $" (content {version}, replaced)" : "");

    private static JsonObject Fields(TrashItem item) => new()
    {
        ["id"] = item.Id,
        ["version"] = item.Version,
        ["kind"] = item.Kind,
        ["name"] = item.Name,
        ["path"] = item.Path,
        ["size"] = item.Size,
        ["removedAt"] = item.RemovedAt.ToString("O", CultureInfo.InvariantCulture),
        ["removedBy"] = item.RemovedBy,
        ["expiresAt"] = item.ExpiresAt.ToString("O", CultureInfo.InvariantCulture),
    };
}
