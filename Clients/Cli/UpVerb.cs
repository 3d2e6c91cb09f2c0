using System.CommandLine;
using System.Text.Json.Nodes;
using ChunkUpload.Agent;
using ChunkUpload.Cli.Agent;
using ChunkUpload.Cli.Sharing;
using ChunkUpload.Client;
using ChunkUpload.Client.Folders;

namespace ChunkUpload.Cli;

/// <summary>cu up: sends files, folders, or standard input.</summary>
internal static class UpVerb
{
    private const string StandardInput = "-";
    private const int AtOnce = 4;

    public static Command Create()
    {
        var files = new Argument<string[]>("FILE")
        {
            Description = "Files, folders and patterns such as *.jpg; - is standard input.",
            Arity = ArgumentArity.OneOrMore,
        };
        var to = new Option<string?>("--to")
        {
            Description = "The path there; with a slash at its end, or for several files, a folder. Or the address of an upload link.",
        };
        var name = new Option<string?>("--name") { Description = "The file's name there; needed for standard input without --to." };
        var conflict = new Option<NameConflict>("--conflict") { Description = "If the name is taken: replace, rename or fail." };
        var unfiled = new Option<bool>("--unfiled") { Description = "Store the file only under an id, and not in the tree." };
        var tus = new Option<bool>("--tus") { Description = "Send by tus 1.0, for services that support nothing else." };
        var limit = LimitOption.Create();
        var password = PasswordOption.Create();
        var command = new Command("up", "Send files and folders") { files, to, name, conflict, unfiled, tus, limit, password };
        var folders = new FolderRun();
        folders.AddTo(command);
        var encryption = new EncryptionFlags();
        encryption.AddToUp(command);
        var background = new Background();
        background.AddTo(command);
        command.SetAction((parse, stop) => Output.RunAsync(parse, output =>
        {
            var target = parse.GetValue(to);
            var link = target is not null && target.Contains("://", StringComparison.Ordinal) ? target : null;
            var place = Target.Of(parse, link);
            if (link is not null && !place.IsLink)
                throw new UsageException("--to takes a path, or the address of an upload link. The service's address is --url.");
            var options = new UploadOptions
            {
                Space = parse.GetValue(CommandTree.Space),
                Name = parse.GetValue(name),
                Conflict = parse.GetValue(conflict),
                Protocol = parse.GetValue(tus) ? UploadProtocol.Tus : UploadProtocol.Session,
                Encryption = encryption.Read(parse),
            };
            var hasTree = !parse.GetValue(unfiled) && !place.IsLink;
            var sources = Expand(parse.GetValue(files)!);
            var several = sources.Count > 1;
            if (several && options.Name is not null)
                throw new UsageException("--name is for one file.");
            var folder = link is null ? target : null;
            if (!hasTree && sources.Find(Directory.Exists) is { } whole)
            {
                throw new UsageException(
                    $"{whole} is a folder, which needs a path. Pack it: tar c {whole} | cu up - --name {NameOf(whole)}.tar");
            }

            if (link is not null && parse.GetResult(conflict) is { Implicit: false })
                throw new UsageException("Through a link, the service gives a name that is taken a number. Leave --conflict out.");
            if (sources.Exists(Directory.Exists) && (options.Protocol == UploadProtocol.Tus || options.Conflict != NameConflict.Replace))
                throw new UsageException("Folders support neither --tus nor a --conflict other than replace.");
            output.Stopped = sources.Contains(StandardInput)
                ? "Stopped. Standard input cannot be read again, so nothing of it is kept: the same command starts again."
                : "Stopped. The same command resumes where it ended.";
            (string Source, UploadOptions Options)[] placed =
                [.. sources.Select(source => (source, Place(source, options, hasTree, folder, several)))];
            RefuseSameTarget(placed);
            var folderOptions = folders.Read(parse) with { Encryption = options.Encryption, Identities = encryption.ReadOwn(parse) };
            RefuseFolderOptions(folderOptions, sources);
            var kept = encryption.Queue(parse, options.Encryption, []);
            var plan = background.Read(parse, parse.GetValue(limit));
            var isLocked = parse.GetValue(password);
            if (isLocked)
                PasswordOption.Refuse(link is not null, plan is null && !sources.Contains(StandardInput));
            return plan is not null
                ? Background.QueueAsync(output, [.. placed.Select(one => WorkOf(place, one, folderOptions, kept))], plan, stop)
                : SendAsync(output, place, placed, folderOptions, parse.GetValue(limit), isLocked, stop);
        }));
        return command;
    }

    private static QueuedWork WorkOf(
        Target place, (string Source, UploadOptions Options) one, FolderOptions folders, QueuedEncryption? encryption)
    {
        var (source, options) = one;
        if (source == StandardInput)
            throw new UsageException("Standard input can only be sent in the foreground.");
        FolderRun.RefuseInBackground(folders);
        if (!File.Exists(source) && !Directory.Exists(source))
            throw TransferException.Local($"There is no file {source}.");
        return Background.Of(place, new QueuedWork
        {
            IsUp = true,
            Local = Path.TrimEndingDirectorySeparator(Path.GetFullPath(source)),
            Remote = options.Path,
            Url = "",
            Space = options.Space,
            Name = options.Name,
            Conflict = options.Conflict,
            IsTus = options.Protocol == UploadProtocol.Tus,
            Exclude = folders.Exclude is [] ? null : folders.Exclude,
            Links = folders.Links,
            DeleteExtra = folders.DeleteExtra,
            Encryption = encryption,
        });
    }

    /// <summary>Returns the target of a source: --to as it is, or as a folder.</summary>
    internal static UploadOptions Place(string source, UploadOptions options, bool hasTree, string? to, bool several)
    {
        var name = options.Name ?? (source == StandardInput ? null : NameOf(source));
        if (!hasTree)
        {
            return options with { Name = name ?? throw new UsageException("Standard input needs a --name.") };
        }

        var isFolder = to is null or "" || several || to.EndsWith('/');
        if (isFolder && name is null)
            throw new UsageException("Standard input needs a --name.");
        return options with { Path = (isFolder ? $"{to}/{name}" : to!).Trim('/').Replace("//", "/", StringComparison.Ordinal) };
    }

    /// <summary>Refuses two sources with the same target, because one would replace the other.</summary>
    private static void RefuseSameTarget((string Source, UploadOptions Options)[] placed)
    {
        var meeting = placed.Where(one => one.Options is { Path: not null, Conflict: NameConflict.Replace })
            .GroupBy(one => one.Options.Path).FirstOrDefault(same => same.Count() > 1)?.ToList();
        if (meeting is not null)
        {
            throw new UsageException(
                $"{meeting[0].Source} and {meeting[1].Source} would both become {meeting[0].Options.Path}. Send them one by one, "
                + "or with --conflict rename.");
        }
    }

    /// <summary>Refuses options of folders for a single file.</summary>
    private static void RefuseFolderOptions(FolderOptions folders, List<string> sources)
    {
        var file = sources.Find(source => !Directory.Exists(source));
        if (file is not null && (folders.DryRun || (!sources.Exists(Directory.Exists) && FolderRun.AreForFoldersOnly(folders))))
            throw FolderRun.NotForFile(file);
    }

    /// <summary>The shell has expanded patterns already, except on Windows and in quotes.</summary>
    internal static List<string> Expand(IEnumerable<string> names)
    {
        var files = new List<string>();
        foreach (var name in names)
        {
            if (name == StandardInput || Path.Exists(name) || !name.AsSpan().ContainsAny('*', '?'))
            {
                files.Add(name);
                continue;
            }

            var folder = Path.GetDirectoryName(name) is { Length: > 0 } parent ? parent : ".";
            if (folder.AsSpan().ContainsAny('*', '?'))
                throw new UsageException($"{name}: patterns are for names, not for folders.");
            var found = Directory.Exists(folder) ? Directory.GetFileSystemEntries(folder, Path.GetFileName(name)) : [];
            if (found.Length == 0)
                throw new UsageException($"No file or folder is called {name}.");
            files.AddRange(found.Order(StringComparer.Ordinal));
        }

        // A source that is named twice is sent once.
        return [.. files.DistinctBy(file => file == StandardInput ? file : Path.TrimEndingDirectorySeparator(Path.GetFullPath(file)))];
    }

    /// <summary>Returns the last part of the full path, also for ".".</summary>
    private static string NameOf(string source) => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(source)));

    private static async Task<int> SendAsync(
        Output output, Target place, IReadOnlyList<(string Source, UploadOptions Options)> sources, FolderOptions folders,
        string? limit, bool isLocked, CancellationToken stop)
    {
        var (limits, clock) = LimitOption.Foreground(limit);
        using var until = clock;
        using var client = place.Client(limits);
        if (isLocked)
            await PasswordOption.EnterAsync(client, stop);
        var worst = ExitCodes.Done;
        var notKept = new NotKept();
        await Bars.ShowAsync(output, async bars =>
        {
            await Parallel.ForEachAsync(
                sources, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stop }, async (source, token) =>
                {
                    var code = Directory.Exists(source.Source)
                        ? await SendFolderAsync(output, client, bars, source.Source, source.Options.Path!, folders, token)
                        : await SendOneAsync(output, client, bars, source.Source, source.Options, token);
                    if (code == ExitCodes.Done && File.Exists(source.Source))
                        notKept.Add(LocalExtras.Of(source.Source, isFile: true));
                    if (code != ExitCodes.Done)
                        _ = Interlocked.CompareExchange(ref worst, code, ExitCodes.Done);
                });
            return true;
        });
        FolderRun.TellNotKept(output, notKept.Phrases);
        return worst;
    }

    private static Task<int> SendFolderAsync(
        Output output, ChunkUploadClient client, Bars bars, string source, string path, FolderOptions options, CancellationToken stop) =>
        FolderRun.RunAsync(
            output, bars, source, path.Length == 0 ? "/" : path, "sent", options,
            progress => client.UploadFolderAsync(source, path, options, progress, stop));

    private static async Task<int> SendOneAsync(
        Output output, ChunkUploadClient client, Bars bars, string source, UploadOptions options, CancellationToken stop)
    {
        var shown = source == StandardInput ? options.Name ?? options.Path! : source;
        try
        {
            var progress = bars.Begin(Path.GetFileName(shown));
            UploadResult done;
            if (source == StandardInput)
            {
                await using var input = Console.OpenStandardInput();
                done = await client.UploadAsync(input, options, progress, stop);
            }
            else
            {
                done = await client.UploadFileAsync(source, options, progress, stop);
            }

            var where = done.Path ?? (done.Id is null ? "there" : $"id {done.Id}");
            var saved = done.SavedByResuming > 0 ? $", {Figures.Bytes(done.SavedByResuming)} of them from before" : "";
            if (done.SavedByCompressing > 0)
                saved += $", {Figures.Bytes(done.SavedByCompressing)} less on the way by compression";
            var text = Output.Printable(shown);
            output.Result(
                done.WasThere
                    ? $"{text} was there already as {Output.Printable(where)}"
                    : $"{text} → {Output.Printable(where)} ({Figures.Bytes(done.Size)} in {Figures.Time(done.Elapsed)}{saved})",
                new JsonObject
                {
                    ["ok"] = true,
                    ["name"] = shown,
                    ["id"] = done.Id,
                    ["path"] = done.Path,
                    ["size"] = done.Size,
                    ["sha256"] = done.Sha256,
                    ["wasThere"] = done.WasThere,
                    ["savedByResuming"] = done.SavedByResuming,
                    ["savedByCompressing"] = done.SavedByCompressing,
                    ["retries"] = done.Retries,
                    ["seconds"] = Math.Round(done.Elapsed.TotalSeconds, 3),
                });
            return ExitCodes.Done;
        }
        catch (TransferException failure)
        {
            return output.Fail(shown, failure);
        }
    }
}
