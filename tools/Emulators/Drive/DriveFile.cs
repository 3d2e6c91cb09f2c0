using System.Text.Json.Nodes;
using ChunkUpload.Emulators.Content;

namespace ChunkUpload.Emulators.Drive;

/// <summary>A file, folder, shortcut, document, or the root of a drive. The store's lock guards all of it.</summary>
internal sealed class DriveFile
{
    public const string Folder = "application/vnd.google-apps.folder";
    public const string Shortcut = "application/vnd.google-apps.shortcut";
    public const string NativePrefix = "application/vnd.google-apps.";

    public required string Id { get; init; }

    public required string Name { get; set; }

    public required string MimeType { get; set; }

    /// <summary>Null for roots and for items without a parent.</summary>
    public string? ParentId { get; set; }

    /// <summary>Null in shared drives.</summary>
    public string? Owner { get; set; }

    public string? DriveId { get; set; }

    public bool IsRoot { get; init; }

    public required DateTimeOffset Created { get; set; }

    public required DateTimeOffset Modified { get; set; }

    public string? ModifiedBy { get; set; }

    /// <summary>Trashed itself; what lies below a trashed folder is trashed as well.</summary>
    public bool Trashed { get; set; }

    public DateTimeOffset? TrashedAt { get; set; }

    public string? Description { get; set; }

    public bool Starred { get; set; }

    public JsonObject? Properties { get; set; }

    public JsonObject? AppProperties { get; set; }

    public string? ResourceKey { get; set; }

    public string? ShortcutTargetId { get; set; }

    public string? ShortcutTargetMimeType { get; set; }

    /// <summary>Roles (<c>reader</c>, <c>commenter</c>, <c>writer</c>, <c>organizer</c>) by address; <c>anyone</c> has the link.</summary>
    public Dictionary<string, string> Permissions { get; } = [];

    public Dictionary<string, DateTimeOffset> SharedAt { get; } = [];

    public bool CanDownload { get; set; } = true;

    public bool IsAbusive { get; set; }

    /// <summary>For documents: how long what is exported is at least.</summary>
    public long ExportBytes { get; set; }

    public List<DriveRevision> Revisions { get; } = [];

    public long Version { get; set; } = 1;

    /// <summary>The change by which the file was last touched.</summary>
    public long Change { get; set; }

    /// <summary>Files are listed in the order in which they were made where nothing else is asked for.</summary>
    public long Sequence { get; init; }

    public bool IsFolder => MimeType == Folder;

    public bool IsNative => MimeType.StartsWith(NativePrefix, StringComparison.Ordinal);

    public DriveRevision? Head => Revisions.Count > 0 ? Revisions[^1] : null;
}

/// <summary>One content that a file has or had.</summary>
internal sealed class DriveRevision
{
    public required string Id { get; init; }

    public required StoredContent Content { get; init; }

    public required string MimeType { get; init; }

    public required string OriginalFilename { get; init; }

    public required DateTimeOffset Modified { get; init; }

    public string? ModifiedBy { get; init; }

    public bool KeepForever { get; set; }
}

/// <summary>A shared drive. Its root is a file with the same id.</summary>
internal sealed record SharedDrive(string Id, string Name, DateTimeOffset Created);
