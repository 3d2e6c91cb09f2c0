using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using ChunkUpload.Client;

namespace ChunkUpload.Cli;

/// <summary>cu mkdir, cp, cat, du and df.</summary>
internal static class FolderVerbs
{
    public static IEnumerable<Command> Create() => [CreateMkdir(), CreateCp(), CreateCat(), CreateDu(), CreateDf()];

    private static Command CreateMkdir()
    {
        var paths = new Argument<string[]>("PATH") { Description = "The folders.", Arity = ArgumentArity.OneOrMore };
        var command = new Command("mkdir", "Make folders, and those above them") { paths };
        command.SetAction((parse, stop) => TreeVerbs.RunAsync(parse, async (output, client, space) =>
        {
            if (parse.GetValue(paths)!.Any(path => path.Trim('/').Length == 0))
                throw new UsageException("A PATH names a folder; the root is there.");
            return await output.EachAsync(parse.GetValue(paths)!, async path =>
            {
                var entry = await client.MakeFolderAsync(path, space, stop);
                output.Result($"{Output.Printable(entry.Path)}/", TreeVerbs.Fields(entry));
            });
        }));
        return command;
    }

    private static Command CreateCp()
    {
        var path = new Argument<string>("PATH") { Description = "The path there." };
        var fresh = new Argument<string>("NEW") { Description = "The path of the copy; with a slash at its end, its folder." };
        var conflict = new Option<NameConflict>("--conflict")
        {
            Description = "If the name is taken: fail, rename or replace.",
            DefaultValueFactory = _ => NameConflict.Fail,
        };
        var command = new Command("cp", "Copy a file or folder at the service, without transferring bytes") { path, fresh, conflict };
        command.SetAction((parse, stop) => TreeVerbs.RunAsync(parse, async (output, client, space) =>
        {
            var (from, to) = (parse.GetValue(path)!.Trim('/'), parse.GetValue(fresh)!);
            if (to.EndsWith('/'))
                to += from.Split('/')[^1];
            var (copy, leftOut) = await client.CopyAsync(from, to, parse.GetValue(conflict), space, stop);
            var fields = TreeVerbs.Fields(copy);
            fields["leftOut"] = leftOut;
            output.Result($"{Output.Printable(from)} → {Output.Printable(copy.Path)}", fields);
            if (leftOut > 0)
                output.Note($"{leftOut} entries were changed meanwhile, and are not in the copy.");
        }));
        return command;
    }

    private static Command CreateCat()
    {
        var paths = new Argument<string[]>("SOURCE") { Description = "Paths, ids or share links.", Arity = ArgumentArity.OneOrMore };
        var command = new Command("cat", "Write files to standard output, one after the other") { paths };
        var encryption = new EncryptionFlags();
        encryption.AddToGet(command);
        command.SetAction((parse, stop) => Output.RunAsync(parse, async output =>
        {
            var options = new DownloadOptions
            {
                Space = parse.GetValue(CommandTree.Space),
                Identities = encryption.ReadIdentities(parse),
            };
            await using var standard = Console.OpenStandardOutput();
            return await output.EachAsync(parse.GetValue(paths)!, async source =>
            {
                var link = source.Contains("://", StringComparison.Ordinal) ? source : null;
                using var client = Target.Of(parse, link).Client();
                _ = await client.DownloadAsync(link is null ? source : "", standard, options, null, stop);
            });
        }));
        return command;
    }

    private static Command CreateDu()
    {
        var path = new Argument<string>("PATH") { Description = "The folder there.", DefaultValueFactory = _ => "" };
        var summary = new Option<bool>("--summarize", "-s") { Description = "Only the sum of the folder itself." };
        var command = new Command("du", "Show the sizes of folders") { path, summary };
        command.SetAction((parse, stop) => TreeVerbs.RunAsync(parse, async (output, client, space) =>
        {
            var root = parse.GetValue(path)!.Trim('/');
            var sums = new SortedDictionary<string, (long Bytes, long Files)>(StringComparer.Ordinal);
            var (bytes, files) = (0L, 0L);
            await foreach (var entry in client.ListAsync(root, space, recursive: true, cancellationToken: stop))
            {
                var below = root.Length == 0 ? entry.Path : entry.Path[(root.Length + 1)..];
                var isFile = entry.Kind == "file";
                if (below.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash)
                    below = below[..slash];
                else if (entry.Kind != "folder")
                    below = "";
                if (below.Length > 0)
                {
                    var sum = sums.GetValueOrDefault(below);
                    sums[below] = (sum.Bytes + (entry.Size ?? 0), sum.Files + (isFile ? 1 : 0));
                }

                (bytes, files) = (bytes + (entry.Size ?? 0), files + (isFile ? 1 : 0));
            }

            foreach (var (name, sum) in parse.GetValue(summary) ? [] : sums)
                Print(root.Length == 0 ? name : $"{root}/{name}", sum.Bytes, sum.Files);
            Print(root.Length == 0 ? "/" : root, bytes, files);

            void Print(string name, long size, long count) => output.Result(
                $"{Figures.Bytes(size),10}  {count.ToString(CultureInfo.InvariantCulture),9} {(count == 1 ? "file " : "files")}  "
                    + Output.Printable(name),
                new JsonObject { ["path"] = name, ["bytes"] = size, ["files"] = count });
        }));
        return command;
    }

    private static Command CreateDf()
    {
        var command = new Command("df", "Show the limits, and how much of them is used and left");
        command.SetAction((parse, stop) => TreeVerbs.RunAsync(parse, async (output, client, _) =>
        {
            foreach (var limit in await client.GetLimitsAsync(stop))
            {
                var line = $"{limit.Name,-20}  {limit.Scope,-8}  {Amount(limit.Used),12} used  {Amount(limit.Limit),12} at most  "
                    + $"{Amount(limit.Available),12} left";
                output.Result(line, new JsonObject
                {
                    ["name"] = limit.Name,
                    ["scope"] = limit.Scope,
                    ["used"] = limit.Used,
                    ["limit"] = limit.Limit,
                    ["available"] = limit.Available,
                });

                string Amount(long? amount) => amount is not { } number ? "-"
                    : IsBytes(limit.Name) ? Figures.Bytes(number)
                    : number.ToString(CultureInfo.InvariantCulture);
            }
        }));
        return command;
    }

    private static bool IsBytes(string name) => name is "maxFileSize" or "storedBytes" or "receivedPerDay" or "sentPerDay"
        or "receiveBandwidth" or "sendBandwidth";
}
