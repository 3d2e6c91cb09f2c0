using System.CommandLine;
using System.Text.Json.Nodes;
using ChunkUpload.Client;

namespace ChunkUpload.Cli;

/// <summary>cu decrypt: opens local files without a service.</summary>
internal static class DecryptVerb
{
    private const string StandardOutput = "-";

    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "The encrypted file, of cu or of age." };
        var target = new Option<string?>("--output", "-o")
        {
            Description = "The file for the text; - is standard output. Else FILE without .age, or with .decrypted behind it.",
        };
        var force = new Option<bool>("--force", "-f") { Description = "Replace another file that is there." };
        var command = new Command("decrypt", "Decrypt a local file; no service is asked") { file, target, force };
        var encryption = new EncryptionFlags();
        encryption.AddToGet(command);
        command.SetAction((parse, stop) => Output.RunAsync(parse, async output =>
        {
            var (source, to) = (parse.GetValue(file)!, parse.GetValue(target));
            var identities = encryption.ReadIdentities(parse);
            if (identities.Count == 0)
                throw new UsageException("With which key? Give --identity or --passphrase.");
            if (to == StandardOutput)
            {
                await using var standard = Console.OpenStandardOutput();
                _ = await ChunkUploadClient.DecryptAsync(source, standard, identities, stop);
                return ExitCodes.Done;
            }

            to ??= source.EndsWith(".age", StringComparison.OrdinalIgnoreCase) ? source[..^".age".Length] : source + ".decrypted";
            if (Directory.Exists(to))
                to = Path.Combine(to, Path.GetFileName(source));
            var size = await ChunkUploadClient.DecryptFileAsync(source, to, identities, parse.GetValue(force), stop);
            output.Result(
                $"{Output.Printable(source)} → {Output.Printable(to)} ({Figures.Bytes(size)})",
                new JsonObject { ["ok"] = true, ["name"] = source, ["file"] = to, ["size"] = size });
            return ExitCodes.Done;
        }));
        return command;
    }
}
