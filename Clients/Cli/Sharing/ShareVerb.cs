using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using ChunkUpload.Cli.Login;
using ChunkUpload.Client;

namespace ChunkUpload.Cli.Sharing;

/// <summary>cu share: makes links for people without an account, lists them and ends them.</summary>
internal sealed class ShareVerb
{
    private const int AtOnce = 8;

    private readonly Argument<string?> _path = new("PATH")
    {
        Description = "The file or folder there; with --ask the folder for what comes, which is made if it is missing.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<bool> _ask = new("--ask") { Description = "Make an upload link: its holder sends files to you." };

    private readonly Option<string?> _expires = new("--expires") { Description = "How long it is valid, such as 12h or 30d; default 7d." };

    private readonly Option<bool> _password = new("--password")
    {
        Description = "Ask the link's holder for a password. It is read from the terminal, or from standard input.",
    };

    private readonly Option<string?> _title = new("--title") { Description = "The title on the link's page." };
    private readonly Option<long?> _maxDownloads = new("--max-downloads") { Description = "How often a download link can be used." };
    private readonly Option<long?> _maxFiles = new("--max-files") { Description = "How many files may be sent." };
    private readonly Option<string?> _maxSize = new("--max-size") { Description = "The largest file that may be sent, such as 500M." };
    private readonly Option<string?> _maxBytes = new("--max-bytes") { Description = "How many bytes may be sent in all, such as 20G." };
    private readonly Option<string[]> _types = new("--type") { Description = "Accept only this media type, such as image/*." };
    private readonly Option<string[]> _names = new("--name") { Description = "Accept only names like this, such as *.pdf." };
    private readonly Option<bool> _folders = new("--folders") { Description = "Received files may be in folders." };
    private readonly Option<bool> _qr = new("--qr") { Description = "Also print the address as a QR code." };
    private readonly Option<bool> _list = new("--list") { Description = "List the links instead." };
    private readonly Option<string[]> _end = new("--end")
    {
        Description = "End the links with these ids instead. Received files stay.",
        AllowMultipleArgumentsPerToken = true,
    };

    public static Command Create() => new ShareVerb().Build();

    private Command Build()
    {
        var command = new Command("share", "Make a link with which others download a file or folder, or send files")
        {
            _path, _ask, _expires, _password, _title, _maxDownloads, _maxFiles, _maxSize, _maxBytes, _types, _names, _folders, _qr,
            _list, _end,
        };
        var encryption = new EncryptionFlags();
        encryption.AddToShare(command);
        command.SetAction((parse, stop) => Output.RunAsync(parse, async output =>
        {
            using var client = Target.Of(parse).Client();
            if (parse.GetValue(_end) is { Length: > 0 } ids)
            {
                foreach (var id in ids)
                {
                    await client.EndLinkAsync(id, stop);
                    output.Result($"The link {id} has ended", new JsonObject { ["ok"] = true, ["id"] = id });
                }
            }
            else if (parse.GetValue(_list))
            {
                await ListAsync(client, output, stop);
            }
            else
            {
                await MakeAsync(
                    client, output, Read(parse), encryption.ReadIdentities(parse), parse.GetValue(_password), parse.GetValue(_qr), stop);
            }

            return ExitCodes.Done;
        }));
        return command;
    }

    private NewLink Read(ParseResult parse)
    {
        var (path, ask) = (parse.GetValue(_path), parse.GetValue(_ask));
        if (path is null && !ask)
            throw new UsageException("What is to be shared? Give a PATH there, or --ask for a link by which others send files.");
        return new NewLink
        {
            Kind = ask ? LinkKind.Upload : LinkKind.Download,
            Path = path,
            Space = parse.GetValue(CommandTree.Space),
            Title = parse.GetValue(_title),
            Lifetime = parse.GetValue(_expires) is { } time ? Figures.ParseTime(time) : null,
            MaxDownloads = parse.GetValue(_maxDownloads),
            MaxFiles = parse.GetValue(_maxFiles),
            MaxSize = parse.GetValue(_maxSize) is { } size ? Figures.ParseBytes(size) : null,
            MaxBytes = parse.GetValue(_maxBytes) is { } bytes ? Figures.ParseBytes(bytes) : null,
            Types = parse.GetValue(_types) ?? [],
            Names = parse.GetValue(_names) ?? [],
            Folders = parse.GetValue(_folders),
        };
    }

    private static async Task MakeAsync(
        ChunkUploadClient client, Output output, NewLink link, IReadOnlyList<IContentIdentity> identities, bool withPassword, bool qr,
        CancellationToken stop)
    {
        // The key of this one file goes behind the #, which browsers keep for themselves.
        var key = identities.Count == 0 || link.Path is null
            ? null
            : await client.GetContentKeyAsync(link.Path, identities, link.Space, stop);
        if (withPassword)
            link = link with { Password = await SecretInput.ReadAsync("Password of the link: ", stop) };
        var (made, address) = await client.AddLinkAsync(link, stop);
        if (key is not null)
            address = new UriBuilder(address) { Fragment = key.ToFragment() }.Uri;
        var fields = Fields(made, link.Path);
        fields.Insert(0, "ok", true);
        fields.Insert(1, "url", address.AbsoluteUri);
        output.Result(address.AbsoluteUri, fields);
        output.Note(Describe(made));
        if (qr)
            output.Note(TerminalQr.Of(address.AbsoluteUri));
    }

    private static string Describe(ShareLink link)
    {
        var parts = new List<string>
        {
            string.Create(
                CultureInfo.InvariantCulture,
                $"{(link.Kind == "upload" ? "Takes files" : "Can be fetched")} until {link.ExpiresAt.ToLocalTime():yyyy-MM-dd HH:mm}"),
        };
        if (link.MaxDownloads is { } times)
            parts.Add(Plural.Of(times, "time"));
        if (link.MaxFiles is { } files)
            parts.Add($"at most {Plural.Of(files, "file")}");
        if (link.MaxSize is { } size)
            parts.Add($"each of at most {Figures.Bytes(size)}");
        if (link.MaxBytes is { } bytes)
            parts.Add($"at most {Figures.Bytes(bytes)} in all");
        if (link.HasPassword)
            parts.Add("with the password");
        return $"{string.Join(", ", parts)}. To end it: cu share --end {link.Id}";
    }

    private static string Used(long count, long? most, string what) =>
        most is { } all ? $"{count} of {Plural.Of(all, what)}" : Plural.Of(count, what);

    private static async Task ListAsync(ChunkUploadClient client, Output output, CancellationToken stop)
    {
        var links = new List<ShareLink>();
        await foreach (var link in client.ListLinksAsync(stop))
            links.Add(link);
        var paths = new string?[links.Count];
        await Parallel.ForAsync(
            0, links.Count, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stop }, async (at, token) =>
            {
                if (links[at] is { State: "open", Entry: { } entry })
                    paths[at] = await PathOfAsync(client, entry, token);
            });
        foreach (var (link, path) in links.Zip(paths))
        {
            var used = link.Kind == "upload"
                ? Used(link.Files, link.MaxFiles, "file")
                : Used(link.Downloads, link.MaxDownloads, "download");
            var what = Output.Printable(path ?? "") + (link.Title.Length > 0 ? $" “{Output.Printable(link.Title)}”" : "");
            output.Result(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{link.Id}  {link.Kind,-8}  {link.State,-8}  {link.ExpiresAt.ToLocalTime():yyyy-MM-dd HH:mm}  {used,-14}  {what}"),
                Fields(link, path));
        }
    }

    /// <summary>Null where the key sees no such entry any more.</summary>
    private static async Task<string?> PathOfAsync(ChunkUploadClient client, string entry, CancellationToken stop)
    {
        try
        {
            return (await client.DescribeIdAsync(entry, stop)).Path;
        }
        catch (TransferException failure) when (failure.Status is 403 or 404)
        {
            return null;
        }
    }

    private static JsonObject Fields(ShareLink link, string? path) => new()
    {
        ["id"] = link.Id,
        ["kind"] = link.Kind,
        ["state"] = link.State,
        ["path"] = path,
        ["title"] = link.Title,
        ["createdAt"] = link.CreatedAt.ToString("O", CultureInfo.InvariantCulture),
        ["expiresAt"] = link.ExpiresAt.ToString("O", CultureInfo.InvariantCulture),
        ["hasPassword"] = link.HasPassword,
        ["downloads"] = link.Downloads,
        ["maxDownloads"] = link.MaxDownloads,
        ["files"] = link.Files,
        ["maxFiles"] = link.MaxFiles,
        ["maxSize"] = link.MaxSize,
        ["maxBytes"] = link.MaxBytes,
    };
}
