using System.Globalization;
using System.Text.Json.Nodes;
using ChunkUpload.Emulators.Content;

namespace ChunkUpload.Emulators.Drive;

/// <summary>Creates and changes files from the metadata that clients send. Callers hold the store's lock.</summary>
internal sealed class FileEdits(DriveStore store)
{
    /// <summary>Refuses what creating a file would refuse, before its content is sent.</summary>
    public string CheckCreate(JsonObject metadata, DriveCall call)
    {
        var parents = Texts(metadata, "parents");
        if (parents.Count > 1)
            throw new DriveException(400, "invalid", "A file must have exactly one parent.");
        if (Text(metadata, "id") is { } id)
        {
            if (store.Find(id) is not null)
                throw DriveException.Because("fileIdInUse");
            if (!store.IsGenerated(id))
                throw new DriveException(400, "invalid", "The provided file ID is not usable.");
        }

        var parent = store.Get(parents.Count == 0 ? "root" : parents[0], call.Caller, call.SupportsAllDrives, DriveStore.Writer);
        return parent.IsFolder ? parent.Id : throw new DriveException(403, "parentNotAFolder", "The specified parent is not a folder.");
    }

    public DriveFile Create(JsonObject metadata, DriveCall call, StoredContent? content, string? contentType)
    {
        var parent = CheckCreate(metadata, call);
        var mimeType = Text(metadata, "mimeType") ?? contentType ?? "application/octet-stream";
        if (content is not null)
            store.RequireSpace(call.Caller.Email, store.Find(parent)!.DriveId, content.Length);
        DriveFile? target = null;
        if (mimeType == DriveFile.Shortcut)
        {
            var targetId = Text(metadata["shortcutDetails"] as JsonObject ?? [], "targetId")
                ?? throw DriveException.Invalid("shortcutDetails.targetId", "A shortcut needs a target.");
            target = store.Get(targetId, call.Caller, supportsAllDrives: true);
        }

        var file = store.Add(Text(metadata, "id"), Text(metadata, "name") ?? "Untitled", mimeType, parent, call.Caller.Email);
        file.ShortcutTargetId = target?.Id;
        file.ShortcutTargetMimeType = target?.MimeType;
        SetPlain(file, metadata);
        if (content is not null)
        {
            var type = Text(metadata, "mimeType") ?? contentType;
            store.AddRevision(file, content, type, call.Caller.Email, call.Flag("keepRevisionForever"));
        }
        else if (!file.IsNative)
        {
            store.AddRevision(file, Empty(), null, call.Caller.Email, false);
        }

        return file;
    }

    public DriveFile CheckUpdate(string id, JsonObject metadata, DriveCall call)
    {
        var file = store.Get(id, call.Caller, call.SupportsAllDrives, DriveStore.Writer);
        if (metadata.ContainsKey("parents"))
        {
            throw new DriveException(
                403, "fieldNotWritable", "The parents field is not directly writable: use addParents and removeParents.");
        }

        return file;
    }

    public DriveFile Update(string id, JsonObject metadata, DriveCall call, StoredContent? content, string? contentType)
    {
        var file = CheckUpdate(id, metadata, call);
        if (content is not null)
        {
            if (file.IsNative)
                throw DriveException.Because("fileNotDownloadable");
            store.RequireSpace(file.Owner ?? call.Caller.Email, file.DriveId, content.Length, file.Head?.Content.Length ?? 0);
        }

        MoveTo(file, call);
        if (Text(metadata, "name") is { } name)
            file.Name = name;
        if (Text(metadata, "mimeType") is { } mimeType && !file.IsNative)
            file.MimeType = mimeType;
        if (metadata["trashed"] is JsonValue trashed)
            SetTrashed(file, trashed.GetValue<bool>());
        if (content is not null)
        {
            var type = Text(metadata, "mimeType") ?? contentType;
            store.AddRevision(file, content, type, call.Caller.Email, call.Flag("keepRevisionForever"));
            file.Modified = store.Now;
        }

        file.ModifiedBy = call.Caller.Email;
        SetPlain(file, metadata);
        store.Touch(file);
        return file;
    }

    public DriveFile Copy(string id, JsonObject metadata, DriveCall call)
    {
        var source = store.Get(id, call.Caller, call.SupportsAllDrives);
        if (source.IsFolder)
            throw new DriveException(403, "cannotCopyFile", "This file cannot be copied by the user.");
        if (!metadata.ContainsKey("parents") && source.ParentId is { } sibling
            && store.RoleOf(store.Find(sibling)!, call.Caller.Email) >= DriveStore.Writer)
            metadata["parents"] = new JsonArray(sibling);
        metadata["name"] ??= "Copy of " + source.Name;
        metadata["mimeType"] ??= source.MimeType;
        if (source.ShortcutTargetId is { } target)
            metadata["shortcutDetails"] = new JsonObject { ["targetId"] = target };
        var content = source.Head?.Content.Retain();
        var file = Create(metadata, call, content, source.MimeType);
        file.ExportBytes = source.ExportBytes;
        if (!metadata.ContainsKey("modifiedTime"))
            file.Modified = source.Modified;
        return file;
    }

    /// <summary>Trashing a folder is a change of everything below it.</summary>
    private void SetTrashed(DriveFile file, bool trashed)
    {
        if (file.IsRoot)
            throw DriveException.Because("insufficientFilePermissions");
        file.Trashed = trashed;
        file.TrashedAt = trashed ? store.Now : null;
        foreach (var below in store.Below(file))
            store.Touch(below);
    }

    private void MoveTo(DriveFile file, DriveCall call)
    {
        string[] Ids(string name) => (call.Query(name) ?? "").Split(
            ',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var root = DriveStore.RootId(call.Caller.Email);
        var added = Ids("addParents").Select(id => id == "root" ? root : id).ToArray();
        var removed = Ids("removeParents").Select(id => id == "root" ? root : id).ToArray();
        if (added.Length == 0 && !removed.Contains(file.ParentId))
            return;
        if (file.IsRoot)
            throw DriveException.Because("insufficientFilePermissions");
        if (added.Length > 1 || (added.Length == 1 && file.ParentId is not null && file.ParentId != added[0]
            && !removed.Contains(file.ParentId)))
            throw DriveException.Because("cannotAddParent");
        if (added.Length == 1 && !store.Get(added[0], call.Caller, call.SupportsAllDrives, DriveStore.Writer).IsFolder)
            throw new DriveException(403, "parentNotAFolder", "The specified parent is not a folder.");
        store.Move(file, added.Length == 1 ? added[0] : null);
    }

    private static void SetPlain(DriveFile file, JsonObject metadata)
    {
        file.Description = Text(metadata, "description") ?? file.Description;
        if (metadata["starred"] is JsonValue starred)
            file.Starred = starred.GetValue<bool>();
        file.Created = Time(metadata, "createdTime") ?? file.Created;
        file.Modified = Time(metadata, "modifiedTime") ?? file.Modified;
        file.Properties = Merge(file.Properties, metadata["properties"] as JsonObject);
        file.AppProperties = Merge(file.AppProperties, metadata["appProperties"] as JsonObject);
        if (metadata["copyRequiresWriterPermission"] is JsonValue closed)
            file.CanDownload = !closed.GetValue<bool>();
    }

    /// <summary>A property with null is removed.</summary>
    private static JsonObject? Merge(JsonObject? known, JsonObject? sent)
    {
        if (sent is null)
            return known;
        var merged = known ?? [];
        foreach (var (name, value) in sent)
            if (value is null)
                merged.Remove(name);
            else
                merged[name] = value.DeepClone();
        return merged;
    }

    private static DateTimeOffset? Time(JsonObject metadata, string name)
    {
        if (Text(metadata, name) is not { } text)
            return null;
        if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
            throw DriveException.Invalid(name, $"Invalid value for: Invalid format: \"{text}\"");
        return time.AddTicks(-(time.Ticks % TimeSpan.TicksPerMillisecond));
    }

    private static string? Text(JsonObject metadata, string name) =>
        metadata[name] is JsonValue value && value.TryGetValue<string>(out var text) && text.Length > 0 ? text : null;

    private static List<string> Texts(JsonObject metadata, string name) =>
        metadata[name] is JsonArray array ? [.. array.Select(each => each!.GetValue<string>())] : [];

    private static GeneratedContent Empty() =>
        new(new MixGenerator(0), 0) { Hashes = ContentHasher.Of(new MixGenerator(0), 0, CancellationToken.None) };
}
