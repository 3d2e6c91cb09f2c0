using System.CommandLine;
using System.Text.Json.Nodes;
using ChunkUpload.Client;

namespace ChunkUpload.Cli;

/// <summary>cu check: compares local files with those of the service. It takes the arguments of cu up.</summary>
internal static class CheckVerb
{
    public static Command Create()
    {
        var files = new Argument<string[]>("FILE") { Description = "Local files and folders.", Arity = ArgumentArity.OneOrMore };
        var to = new Option<string?>("--to")
        {
            Description = "The path there; with a slash at its end, or for several files, a folder. As for cu up.",
        };
        var command = new Command("check", "Compare local files and folders with what the service has, by size and SHA-256") { files, to };
        var folders = new FolderRun();
        folders.AddChoiceTo(command);
        var encryption = new EncryptionFlags();
        encryption.AddToGet(command);
        command.SetAction((parse, stop) => Output.RunAsync(parse, async output =>
        {
            using var client = Target.Of(parse).Client();
            var sources = UpVerb.Expand(parse.GetValue(files)!);
            if (sources.Contains("-"))
                throw new UsageException("Standard input cannot be compared.");
            var options = folders.Read(parse) with { Identities = encryption.ReadIdentities(parse) };
            var (counts, worst) = (new Dictionary<ComparedState, long>(), ExitCodes.Done);
            foreach (var source in sources)
            {
                var path = UpVerb.Place(source, new UploadOptions(), hasTree: true, parse.GetValue(to), sources.Count > 1).Path!;
                try
                {
                    await foreach (var item in client.CompareAsync(source, path, options, stop))
                    {
                        Tell(output, Directory.Exists(source) ? $"{source.TrimEnd('/')}/{item.Path}" : source, item);
                        counts[item.State] = counts.GetValueOrDefault(item.State) + 1;
                    }
                }
                catch (TransferException failure) when (failure.Failure == TransferFailure.LocalFile)
                {
                    worst = output.Fail(source, failure);
                }
            }

            return Sum(output, counts, worst);
        }));
        return command;
    }

    private static int Sum(Output output, Dictionary<ComparedState, long> counts, int worst)
    {
        var missing = counts.GetValueOrDefault(ComparedState.Missing);
        var differs = counts.GetValueOrDefault(ComparedState.Differs);
        var unknown = counts.GetValueOrDefault(ComparedState.Unknown);
        var failed = counts.GetValueOrDefault(ComparedState.Failed);
        var equal = counts.GetValueOrDefault(ComparedState.Equal);
        var code = worst != ExitCodes.Done ? worst
            : failed > 0 ? ExitCodes.Of(TransferFailure.LocalFile)
            : missing + differs + unknown > 0 ? ExitCodes.Differs
            : ExitCodes.Done;
        var parts = new List<string> { $"{equal} equal" };
        Add(missing, "missing there");
        Add(differs, "different");
        Add(unknown, "of unknown content");
        Add(counts.GetValueOrDefault(ComparedState.Skipped), "skipped");
        Add(failed, "unreadable");
        output.Result(
            string.Join(", ", parts),
            new JsonObject
            {
                ["ok"] = code == ExitCodes.Done,
                ["equal"] = equal,
                ["missing"] = missing,
                ["differs"] = differs,
                ["unknown"] = unknown,
                ["skipped"] = counts.GetValueOrDefault(ComparedState.Skipped),
                ["failed"] = failed,
            });
        return code;

        void Add(long count, string word)
        {
            if (count > 0)
                parts.Add($"{count} {word}");
        }
    }

    /// <summary>To people, what needs them; to programs, everything.</summary>
    private static void Tell(Output output, string name, ComparedItem item)
    {
        var word = char.ToLowerInvariant(item.State.ToString()[0]) + item.State.ToString()[1..];
        if (output.IsJson)
        {
            output.Result("", new JsonObject
            {
                ["path"] = name,
                ["state"] = word,
                ["size"] = item.Size,
                ["message"] = item.Message,
            });
        }
        else if (item.State != ComparedState.Equal)
        {
            output.Result($"{word,-8}  {Output.Printable(name)}{(item.Message is null ? "" : $"  ({item.Message})")}", []);
        }
    }
}
