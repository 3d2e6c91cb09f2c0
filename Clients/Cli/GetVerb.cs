using System.CommandLine;
using System.Text.Json.Nodes;
using ChunkUpload.Agent;
using ChunkUpload.Cli.Agent;
using ChunkUpload.Cli.Sharing;
using ChunkUpload.Client;
using ChunkUpload.Client.Folders;
using ChunkUpload.Wire;

namespace ChunkUpload.Cli;

/// <summary>cu get: fetches a file or a folder.</summary>
internal static class GetVerb
{
    private const string StandardOutput = "-";

    public static Command Create()
    {
        var source = new Argument<string>("SOURCE") { Description = "A path, an id, or the address of a share link." };
        var destination = new Argument<string?>("DESTINATION")
        {
            Description = "The local file or folder, as -o.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var into = new Option<string?>("--output", "-o")
        {
            Description = "The local file or folder; with a slash at its end, the folder that it goes into. - is standard output.",
        };
        var force = new Option<bool>("--force", "-f") { Description = "Replace another file that is there." };
        var limit = LimitOption.Create();
        var password = PasswordOption.Create();
        var command = new Command("get", "Fetch a file or folder") { source, destination, into, force, limit, password };
        var folders = new FolderRun();
        folders.AddTo(command);
        var encryption = new EncryptionFlags();
        encryption.AddToGet(command);
        var background = new Background();
        background.AddTo(command);
        command.SetAction((parse, stop) => Output.RunAsync(parse, output =>
        {
            var from = parse.GetValue(source)!;
            var link = from.Contains("://", StringComparison.Ordinal) ? from : null;
            var place = Target.Of(parse, link);
            var options = new DownloadOptions
            {
                Space = parse.GetValue(CommandTree.Space),
                Overwrite = parse.GetValue(force),
                Identities = encryption.ReadIdentities(parse),
            };
            var target = parse.GetValue(into) ?? parse.GetValue(destination);
            if (parse.GetValue(into) is not null && parse.GetValue(destination) is not null)
                throw new UsageException("Give DESTINATION or --output, and not both.");
            output.Stopped = target == StandardOutput
                ? "Stopped. Standard output cannot be taken back: the same command starts again."
                : "Stopped. The same command resumes where it ended.";
            var folder = folders.Read(parse) with { Overwrite = options.Overwrite, Identities = options.Identities };
            var path = link is null ? from : "";
            var kept = encryption.Queue(parse, null, options.Identities);
            var plan = background.Read(parse, parse.GetValue(limit));
            var isLocked = parse.GetValue(password);
            if (isLocked)
                PasswordOption.Refuse(place.IsLink, plan is null);
            return plan is not null
                ? Background.QueueAsync(output, [WorkOf(place, path, target, folder, kept)], plan, stop)
                : FetchAsync(output, place, path, target, options, folder, parse.GetValue(limit), isLocked, stop);
        }));
        return command;
    }

    private static QueuedWork WorkOf(Target place, string source, string? target, FolderOptions folders, QueuedEncryption? encryption)
    {
        if (target == StandardOutput)
            throw new UsageException("To standard output it comes in the foreground only.");
        FolderRun.RefuseInBackground(folders);
        return Background.Of(place, new QueuedWork
        {
            Local = Path.GetFullPath(target ?? "."),
            LocalFolder = Path.GetFullPath(FolderFor(source, target)),
            IsUp = false,
            Remote = source.Trim('/'),
            Url = "",
            Space = folders.Space,
            Overwrite = folders.Overwrite,
            Exclude = folders.Exclude is [] ? null : folders.Exclude,
            Links = folders.Links,
            DeleteExtra = folders.DeleteExtra,
            Encryption = encryption,
        });
    }

    /// <summary>Returns whether a link has the key of its file behind the #.</summary>
    private static bool HasKey(Target place) => place.Url.Fragment.Contains("key=", StringComparison.Ordinal);

    /// <summary>Returns the target of a folder, which does not depend on whether it exists.</summary>
    private static string FolderFor(string source, string? target)
    {
        var name = source.Trim('/').Split('/')[^1];
        var isAbove = target is null || target.EndsWith('/') || target.EndsWith(Path.DirectorySeparatorChar);
        return isAbove && name.Length > 0 ? Path.Combine(target ?? ".", name) : target ?? ".";
    }

    private static async Task<int> FetchAsync(
        Output output, Target place, string source, string? target, DownloadOptions options, FolderOptions folders, string? limit,
        bool isLocked, CancellationToken stop)
    {
        var (limits, clock) = LimitOption.Foreground(limit);
        using var until = clock;
        using var client = place.Client(limits);
        if (isLocked)
            await PasswordOption.EnterAsync(client, stop);
        var shown = source.Length > 0 ? source.TrimEnd('/').Split('/')[^1] : "shared file";
        return await Bars.ShowAsync(output, async bars =>
        {
            var progress = bars.Begin(shown);
            DownloadResult done;
            if (FolderRun.AreForFoldersOnly(folders))
            {
                // Through a link there is no folder to describe, which the call for one says.
                return source.Length > 0 && (await client.DescribeAsync(source, options.Space, stop)).Kind != "folder"
                    ? throw FolderRun.NotForFile(shown)
                    : await FetchFolderAsync();
            }

            if (target == StandardOutput)
            {
                await using var standard = Console.OpenStandardOutput();
                done = await client.DownloadAsync(source, standard, options, progress, stop);
                return ExitCodes.Done;
            }

            try
            {
                done = await client.DownloadFileAsync(source, target ?? ".", options, progress, stop);
            }
            catch (TransferException failure) when (failure.Code == ProblemCodes.NotFile)
            {
                return await FetchFolderAsync();
            }

            if (!HasKey(place))
                EncryptionFlags.NoteIfEncrypted(done.File, options, output);
            var saved = done.SavedByResuming > 0 ? $", {Figures.Bytes(done.SavedByResuming)} of them from before" : "";
            var unverified = done.IsVerified ? "" : "; the service does not know its digest yet, so it is not verified";
            output.Result(
                done.WasThere
                    ? $"{Output.Printable(done.File!)} was there already"
                    : $"{Output.Printable(shown)} → {Output.Printable(done.File!)} "
                        + $"({Figures.Bytes(done.Size)} in {Figures.Time(done.Elapsed)}{saved}{unverified})",
                new JsonObject
                {
                    ["ok"] = true,
                    ["name"] = shown,
                    ["file"] = done.File,
                    ["size"] = done.Size,
                    ["sha256"] = done.Sha256,
                    ["verified"] = done.IsVerified,
                    ["wasThere"] = done.WasThere,
                    ["savedByResuming"] = done.SavedByResuming,
                    ["retries"] = done.Retries,
                    ["seconds"] = Math.Round(done.Elapsed.TotalSeconds, 3),
                });
            return ExitCodes.Done;

            async Task<int> FetchFolderAsync()
            {
                if (target == StandardOutput)
                    throw new UsageException($"{shown} is a folder, which does not go to standard output.");
                if (place.IsLink && source.Length == 0)
                {
                    var zip = $"{place.Url.GetLeftPart(UriPartial.Path).TrimEnd('/')}/archive.zip";
                    throw new TransferException(
                        TransferFailure.Refused, $"The link leads to a folder, which comes as a ZIP: curl -OJ {zip}");
                }

                var folder = FolderFor(source, target);
                var code = await FolderRun.RunAsync(
                    output, bars, source, folder, "fetched", folders,
                    report => client.DownloadFolderAsync(source, folder, folders, report, stop));
                if (options.Identities.Count == 0 && File.Exists(Path.Combine(folder, FolderKeys.FileName)))
                    output.Note($"{folder} has an encrypted folder as it is. Fetch it with --identity FILE or --passphrase to open it.");
                return code;
            }
        });
    }
}
