using ChunkUpload.Emulators.Content;
using ChunkUpload.Emulators.Control;

namespace ChunkUpload.Emulators.Drive;

/// <summary>All drives of all accounts. Callers hold <see cref="Gate"/> while they use it or its files.</summary>
internal sealed partial class DriveStore(EmulatorContext context)
{
    /// <summary>An old revision is purged so long after newer content, unless it is kept for ever.</summary>
    private static readonly TimeSpan RevisionLife = TimeSpan.FromDays(30);

    private readonly Dictionary<string, DriveFile> _files = [];
    private readonly Dictionary<string, HashSet<DriveFile>> _children = [];
    private readonly HashSet<string> _generatedIds = [];
    private readonly Dictionary<string, long?> _limits = [];
    private long _sequence;

    public Lock Gate { get; } = new();

    public List<SharedDrive> Drives { get; } = [];

    public IEnumerable<DriveFile> Files => _files.Values;

    public DateTimeOffset Now
    {
        get
        {
            // Drive's times have milliseconds.
            var now = context.Clock.GetUtcNow();
            return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMillisecond));
        }
    }

    public IReadOnlyList<EmulatedAccount> Accounts => context.Options.Accounts;

    /// <summary>Makes the empty drives of all accounts.</summary>
    public void Begin()
    {
        foreach (var account in Accounts)
        {
            Put(new DriveFile
            {
                Id = RootId(account.Email),
                Name = "My Drive",
                MimeType = DriveFile.Folder,
                Owner = account.Email,
                IsRoot = true,
                Created = Now,
                Modified = Now,
            });
            _limits[account.Email] = 15L << 30;
        }
    }

    public static string RootId(string account) => "0A" + Ids.Stable("root:" + account, 15) + "PVA";

    public string NewId()
    {
        var id = "1" + Ids.Random(32, Ids.Base64Url);
        _generatedIds.Add(id);
        return id;
    }

    /// <summary>Returns whether a client may give this id to a new file: it must have come from generateIds.</summary>
    public bool IsGenerated(string id) => _generatedIds.Contains(id);

    public DriveFile? Find(string id) => _files.GetValueOrDefault(id);

    public IEnumerable<DriveFile> Children(string folder) => _children.TryGetValue(folder, out var children) ? children : [];

    public IEnumerable<DriveFile> Below(DriveFile folder) => Children(folder.Id).SelectMany(child => Below(child).Prepend(child));

    public DriveFile Add(
        string? id,
        string name,
        string mimeType,
        string? parent,
        string account,
        DateTimeOffset? created = null,
        DateTimeOffset? modified = null)
    {
        var folder = parent is null ? null : Find(parent) ?? throw DriveException.NotFound(parent);
        var file = new DriveFile
        {
            Id = id ?? NewId(),
            Name = name,
            MimeType = mimeType,
            ParentId = parent,
            DriveId = folder?.DriveId,
            Owner = folder?.DriveId is null ? account : null,
            Created = created ?? Now,
            Modified = modified ?? Now,
            ModifiedBy = account,
            Sequence = ++_sequence,
        };
        Put(file);
        Touch(file);
        return file;
    }

    public void AddDrive(SharedDrive drive)
    {
        Drives.Add(drive);
        Put(new DriveFile
        {
            Id = drive.Id,
            Name = drive.Name,
            MimeType = DriveFile.Folder,
            DriveId = drive.Id,
            IsRoot = true,
            Created = drive.Created,
            Modified = drive.Created,
        });
    }

    public void AddRevision(DriveFile file, StoredContent content, string? mimeType, string account, bool keepForever)
    {
        var now = Now;
        foreach (var old in file.Revisions.Where(old => !old.KeepForever && old.Modified + RevisionLife < now).ToList())
        {
            file.Revisions.Remove(old);
            old.Content.Release();
        }

        file.MimeType = mimeType ?? file.MimeType;
        file.Revisions.Add(new DriveRevision
        {
            Id = "0B" + Ids.Random(50, Ids.Alphanumeric),
            Content = content,
            MimeType = file.MimeType,
            OriginalFilename = file.Name,
            Modified = now,
            ModifiedBy = account,
            KeepForever = keepForever,
        });
    }

    public void Move(DriveFile file, string? parent)
    {
        if (parent is not null)
        {
            var folder = Find(parent) ?? throw DriveException.NotFound(parent);
            for (var each = folder; each is not null; each = each.ParentId is null ? null : Find(each.ParentId))
                if (each == file)
                    throw new DriveException(403, "cyclicMembershipsNotAllowed", "A folder cannot be put below itself.");
            file.DriveId = folder.DriveId;
        }

        if (file.ParentId is not null && _children.TryGetValue(file.ParentId, out var children))
            children.Remove(file);
        file.ParentId = parent;
        Enlist(file);
    }

    /// <summary>Removes a file and everything below it.</summary>
    public void Remove(DriveFile file)
    {
        foreach (var child in Children(file.Id).ToList())
            Remove(child);
        NoteRemoval(file);
        _files.Remove(file.Id);
        if (file.ParentId is not null && _children.TryGetValue(file.ParentId, out var children))
            children.Remove(file);
        foreach (var revision in file.Revisions)
            revision.Content.Release();
    }

    public long Usage(string account, bool trashOnly = false) =>
        _files.Values.Where(file => file.Owner == account && (!trashOnly || IsTrashed(file))).Sum(file => file.Head?.Content.Length ?? 0);

    public long? Limit(string account) => _limits[account];

    public void SetLimit(string? account, long? bytes)
    {
        foreach (var each in Accounts.Where(each => account is null || each.Email == account))
            _limits[each.Email] = bytes;
    }

    /// <summary>Refuses what does not fit into the owner's space. Shared drives have no limit of their own.</summary>
    public void RequireSpace(string account, string? driveId, long more, long replaced = 0)
    {
        if (driveId is null && _limits[account] is { } limit && Usage(account) - replaced + more > limit)
            throw DriveException.Because("storageQuotaExceeded");
    }

    public bool IsTrashed(DriveFile file)
    {
        for (var each = file; each is not null; each = each.ParentId is null ? null : Find(each.ParentId))
            if (each.Trashed)
                return true;
        return false;
    }

    public void Reset()
    {
        _files.Clear();
        _children.Clear();
        _generatedIds.Clear();
        _limits.Clear();
        Drives.Clear();
        ResetChanges();
    }

    private void Put(DriveFile file)
    {
        if (!_files.TryAdd(file.Id, file))
            throw DriveException.Because("fileIdInUse");
        Enlist(file);
    }

    private void Enlist(DriveFile file)
    {
        if (file.ParentId is null)
            return;
        if (!_children.TryGetValue(file.ParentId, out var children))
            _children[file.ParentId] = children = [];
        children.Add(file);
    }
}
