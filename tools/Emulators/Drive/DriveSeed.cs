using System.Text;
using System.Text.Json.Nodes;
using ChunkUpload.Emulators.Content;
using ChunkUpload.Emulators.Control;

namespace ChunkUpload.Emulators.Drive;

/// <summary>What <c>/_control/seed</c> takes: trees by account, and shared drives.</summary>
internal sealed record DriveSeedBody
{
    public string? Account { get; init; }

    /// <summary>The folder that gets the items; by default the account's root.</summary>
    public string? Parent { get; init; }

    public IReadOnlyList<DriveSeedItem> Items { get; init; } = [];

    public IReadOnlyList<DriveSeedDrive> Drives { get; init; } = [];
}

internal sealed record DriveSeedDrive
{
    public required string Name { get; init; }

    public string? Id { get; init; }

    /// <summary>Roles by address; by default every account is a writer.</summary>
    public IReadOnlyDictionary<string, string>? Members { get; init; }

    public IReadOnlyList<DriveSeedItem> Items { get; init; } = [];
}

/// <summary>One item: a folder has <see cref="Items"/>, a file one of the contents, a document a kind, a shortcut a target.</summary>
internal sealed record DriveSeedItem
{
    public required string Name { get; init; }

    public string? Id { get; init; }

    public IReadOnlyList<DriveSeedItem>? Items { get; init; }

    public string? Text { get; init; }

    public string? Base64 { get; init; }

    /// <summary>The size of generated content.</summary>
    public long? Size { get; init; }

    public string Generator { get; init; } = "mix";

    public ulong? Seed { get; init; }

    /// <summary><c>document</c>, <c>spreadsheet</c>, <c>presentation</c>, <c>drawing</c>, <c>form</c>.</summary>
    public string? Document { get; init; }

    public long ExportBytes { get; init; }

    /// <summary>The id of a shortcut's target, which need not exist.</summary>
    public string? Target { get; init; }

    public string? TargetMimeType { get; init; }

    public string? MimeType { get; init; }

    public DateTimeOffset? Modified { get; init; }

    public DateTimeOffset? Created { get; init; }

    public string? Description { get; init; }

    public string? ResourceKey { get; init; }

    /// <summary>Roles by address, or for <c>anyone</c>.</summary>
    public IReadOnlyDictionary<string, string>? Permissions { get; init; }

    public bool Trashed { get; init; }

    public bool Starred { get; init; }

    public bool CanDownload { get; init; } = true;

    public bool Abusive { get; init; }
}

/// <summary>Adds the files of a description. Content is made before the store is locked.</summary>
internal sealed class DriveSeeder(DriveStore store, EmulatorContext context)
{
    public async Task<object> SeedAsync(DriveSeedBody body, CancellationToken cancellationToken)
    {
        var account = body.Account ?? context.Options.Accounts[0].Email;
        if (context.Options.Accounts.All(each => each.Email != account))
            throw new ControlException($"There is no account '{account}'.");
        var ids = new JsonObject();
        await AddAsync(body.Items, body.Parent ?? DriveStore.RootId(account), account, "", ids, cancellationToken);
        foreach (var drive in body.Drives)
        {
            var id = drive.Id ?? "0A" + Ids.Random(15) + "PVA";
            lock (store.Gate)
            {
                store.AddDrive(new SharedDrive(id, drive.Name, store.Now));
                foreach (var (person, role) in drive.Members ?? context.Options.Accounts.ToDictionary(each => each.Email, _ => "writer"))
                    store.Find(id)!.Permissions[person] = role;
            }

            ids[drive.Name + ":"] = id;
            await AddAsync(drive.Items, id, account, drive.Name + ":", ids, cancellationToken);
        }

        return new { ids };
    }

    private async Task AddAsync(
        IReadOnlyList<DriveSeedItem> items, string parent, string account, string path, JsonObject ids, CancellationToken cancellationToken)
    {
        foreach (var item in items)
        {
            var content = await ContentAsync(item, cancellationToken);
            string id;
            lock (store.Gate)
                id = Add(item, content, parent, account).Id;
            // The first of files with the same name.
            ids.TryAdd(path + item.Name, id);
            if (item.Items is { } children)
                await AddAsync(children, id, account, $"{path}{item.Name}/", ids, cancellationToken);
        }
    }

    private DriveFile Add(DriveSeedItem item, StoredContent? content, string parent, string account)
    {
        var file = store.Add(item.Id, item.Name, TypeOf(item), parent, account, item.Created ?? item.Modified, item.Modified);
        file.Description = item.Description;
        file.Starred = item.Starred;
        file.ResourceKey = item.ResourceKey;
        file.CanDownload = item.CanDownload;
        file.IsAbusive = item.Abusive;
        file.ExportBytes = item.ExportBytes;
        file.Trashed = item.Trashed;
        file.TrashedAt = item.Trashed ? store.Now : null;
        file.ShortcutTargetId = item.Target;
        file.ShortcutTargetMimeType = item.TargetMimeType ?? (item.Target is null ? null : store.Find(item.Target)?.MimeType);
        foreach (var (person, role) in item.Permissions ?? new Dictionary<string, string>())
        {
            file.Permissions[person] = role;
            file.SharedAt[person] = store.Now;
        }

        if (content is not null)
            store.AddRevision(file, content, null, account, keepForever: false);
        return file;
    }

    private async Task<StoredContent?> ContentAsync(DriveSeedItem item, CancellationToken cancellationToken)
    {
        if (item.Items is not null || item.Document is not null || item.Target is not null)
            return null;
        if (item.Size is { } size)
        {
            var seed = item.Seed ?? BitConverter.ToUInt64(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(item.Name)));
            return await ContentStore.GenerateAsync(item.Generator, seed, size, cancellationToken);
        }

        var bytes = item.Base64 is { } encoded ? Convert.FromBase64String(encoded) : Encoding.UTF8.GetBytes(item.Text ?? "");
        return await context.Content.AddAsync(bytes, cancellationToken);
    }

    private static string TypeOf(DriveSeedItem item)
    {
        if (item.MimeType is { } given)
            return given;
        if (item.Items is not null)
            return DriveFile.Folder;
        if (item.Target is not null)
            return DriveFile.Shortcut;
        if (item.Document is { } document)
            return DriveFile.NativePrefix + document;
        return Path.GetExtension(item.Name).ToLowerInvariant() switch
        {
            ".jpg" or ".jpeg" => "image/jpeg",
            ".png" => "image/png",
            ".mp4" => "video/mp4",
            ".pdf" => "application/pdf",
            ".zip" => "application/zip",
            ".txt" => "text/plain",
            ".csv" => "text/csv",
            ".md" => "text/markdown",
            ".json" => "application/json",
            _ => "application/octet-stream",
        };
    }
}
