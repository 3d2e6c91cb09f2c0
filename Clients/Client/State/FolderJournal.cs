using System.Text.Json;

namespace ChunkUpload.Client.State;

/// <summary>
/// What is known of a local folder: its files, and the changes that one follower has not acknowledged yet. Changes are appended to a file
/// and flushed before they count; the file is rewritten when most of its lines are superseded. One process holds a journal at a time.
/// </summary>
internal sealed class FolderJournal : IDisposable
{
    // A rewrite costs as much as the whole journal, so it waits until half of the lines are superseded.
    private const int LeastLines = 1000;
    private const int MostLineBytes = 64 << 10;

    // Entries are looked up on other threads, too. Everything else is called by one thread at a time.
    private readonly Lock _gate = new();
    private readonly string _path;
    private readonly FileStream _hold;
    private readonly Dictionary<string, JournalEntry> _entries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, JournalEntry> _gone = new(StringComparer.Ordinal);
    private FileStream _file;
    private int _lines;
    private FileIdentity? _root;
    private bool _isDry;

    private FolderJournal(string path, FolderProof proof, FileStream hold, FileStream file) =>
        (_path, Proof, _hold, _file) = (path, proof, hold, file);

    /// <summary>The marker by which the folder is known again.</summary>
    public FolderProof Proof { get; }

    /// <summary>The id of the folder, also in its marker file.</summary>
    public Guid Folder { get; private set; }

    /// <summary>The number of the last change.</summary>
    public long Number { get; private set; }

    /// <summary>The number up to which the follower has acknowledged changes.</summary>
    public long Acknowledged { get; private set; }

    /// <summary>The follower's own number at the last acknowledgement; another one means that the follower knows another list.</summary>
    public long FollowerNumber { get; private set; }

    /// <summary>Gets a value that indicates whether lines were lost, so that the follower must start again with the whole list.</summary>
    public bool IsDamaged { get; private set; }

    public IReadOnlyCollection<JournalEntry> Entries => _entries.Values;

    /// <summary>Opens the journal of a folder, or begins one.</summary>
    /// <param name="states">The folder of the client's state.</param>
    /// <param name="root">The folder.</param>
    /// <param name="follower">The purpose; each follower has a journal of its own.</param>
    /// <param name="proof">The marker in the folder; <c>null</c>: that of folders that are served.</param>
    /// <param name="isKnown">Whether the follower knows files of the folder: then a folder without the marker gets none.</param>
    /// <param name="isDry">Whether the journal ends with its process, and the folder gets no marker.</param>
    /// <exception cref="TransferException">Another process holds the journal, or its files cannot be written.</exception>
    public static FolderJournal Open(
        string states, string root, string follower, FolderProof? proof = null, bool isKnown = false, bool isDry = false)
    {
        proof ??= FolderProof.Serving;
        root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        var path = Path.Combine(states, "journals", StateStore.IdOf("journal", follower, root) + ".jsonl");
        FileStream? hold = null;
        try
        {
            PrivateFile.CreateFolder(Path.GetDirectoryName(path)!);
            hold = StateStore.Lock(path + ".lock", $"{root} for {follower}");
            var file = File.Open(path, PrivateFile.Options(FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read));
            var journal = new FolderJournal(path, proof, hold, file);
            journal.Load();
            if (journal.Folder == Guid.Empty)
                journal.Begin(proof.IsShared ? Guid.NewGuid() : proof.Read(root).Append(Guid.NewGuid()).First());
            if (isDry)
                journal._isDry = true;
            else if (!isKnown)
                journal.Prove(root);
            return journal;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            hold?.Dispose();
            throw TransferException.Local($"The journal of {root} cannot be opened: {failure.Message}", failure);
        }
        catch
        {
            hold?.Dispose();
            throw;
        }
    }

    /// <summary>Finds an entry by its path. Safe for concurrent use.</summary>
    public JournalEntry? Find(string path)
    {
        lock (_gate)
            return _entries.GetValueOrDefault(path);
    }

    /// <summary>
    /// Returns whether the folder at the root is the one of this journal. If it is not, for example because a disk is not mounted, nothing
    /// in it is taken for removed.
    /// </summary>
    public bool IsPresent(string root) => _isDry ? Directory.Exists(root) : Proof.Read(root) is { Count: > 0 } ids ? ids.Contains(Folder)
        : _root is { } known && FileIdentity.Of(root) == known;

    /// <summary>Records changes, numbered in their order, and flushes them.</summary>
    /// <exception cref="TransferException">They cannot be written; then none counts.</exception>
    public void Record(IReadOnlyList<JournalChange> changes)
    {
        if (changes.Count == 0)
            return;
        var lines = new List<JournalLine>(changes.Count);
        var (number, put) = (Number, new HashSet<string>(StringComparer.Ordinal));
        // Removals first: an entry may move to the path of another one that has moved or gone.
        foreach (var change in changes.Where(one => one.Kind == JournalChangeKind.Removed))
        {
            lines.Add(JournalLine.Of(_entries[change.Entry.Path] with { Number = ++number }, isGone: true));
        }

        foreach (var change in changes.Where(one => one.Kind == JournalChangeKind.Moved))
        {
            var before = _entries[change.From!];
            var origin = before.From ?? (before.IsNew ? null : before.Path);
            if (!put.Contains(before.Path))
                lines.Add(new JournalLine { Number = ++number, Path = before.Path, IsMoved = true });
            Put(change.Entry with { Number = ++number, IsNew = origin is null, From = origin == change.Entry.Path ? null : origin });
        }

        foreach (var change in changes.Where(one => one.Kind is JournalChangeKind.Added or JournalChangeKind.Changed))
        {
            var before = change.Kind == JournalChangeKind.Changed ? _entries.GetValueOrDefault(change.Entry.Path) : null;
            Put(change.Entry with { Number = ++number, IsNew = before?.IsNew ?? true, From = before?.From });
        }

        Append(lines);
        foreach (var line in lines)
            Take(line);
        Number = number;
        CompactIfWorthwhile();

        void Put(JournalEntry entry)
        {
            _ = put.Add(entry.Path);
            lines.Add(JournalLine.Of(entry));
        }
    }

    public void SetSha256(JournalEntry entry, byte[] sha256) => SetSha256([(entry, sha256)]);

    /// <summary>Records the SHA-256 of entries that have not changed meanwhile, as changes for the follower.</summary>
    public void SetSha256(IEnumerable<(JournalEntry Entry, byte[] Sha256)> known) => Record(
    [
        .. known.Where(one => _entries.GetValueOrDefault(one.Entry.Path)?.IsSameVersion(one.Entry) == true)
            .Select(one => new JournalChange(JournalChangeKind.Changed, _entries[one.Entry.Path] with { Sha256 = one.Sha256 })),
    ]);

    /// <summary>Returns the changes that the follower has not acknowledged, in their order.</summary>
    public IReadOnlyList<JournalChange> Pending() =>
    [
        .. _entries.Values.Where(entry => entry.Number > Acknowledged).Select(ChangeOf)
            .Concat(_gone.Values.Select(entry => new JournalChange(JournalChangeKind.Removed, entry)))
            .OrderBy(change => change.Entry.Number),
    ];

    /// <summary>Records that the follower knows all changes up to a number.</summary>
    /// <param name="number">The number of a change.</param>
    /// <param name="followerNumber">The follower's own number, if it has one.</param>
    public void Acknowledge(long number, long followerNumber = 0)
    {
        if (number < Acknowledged)
            return;
        var line = new JournalLine { Acknowledged = Math.Min(number, Number), FollowerNumber = followerNumber };
        Append([line]);
        Take(line);
        CompactIfWorthwhile();
    }

    /// <summary>Makes the whole list pending again, because the follower starts again.</summary>
    public void Restart()
    {
        lock (_gate)
        {
            foreach (var entry in _entries.Values.OrderBy(entry => entry.Number).ToList())
                _entries[entry.Path] = entry with { Number = ++Number, IsNew = true, From = null };
        }

        _gone.Clear();
        IsDamaged = false;
        Compact();
    }

    public void Dispose()
    {
        _file.Dispose();
        if (_isDry)
            File.Delete(_path);
        _hold.Dispose();
    }

    private JournalChange ChangeOf(JournalEntry entry)
    {
        if (entry.IsNew)
            return new JournalChange(JournalChangeKind.Added, entry);
        // Where another entry has taken the previous path, that one replaces what the follower has there.
        return entry.From is { } from && !_entries.ContainsKey(from)
            ? new JournalChange(JournalChangeKind.Moved, entry, from)
            : new JournalChange(entry.From is null ? JournalChangeKind.Changed : JournalChangeKind.Added, entry);
    }

    private void Begin(Guid folder)
    {
        Folder = folder;
        Compact();
    }

    /// <summary>Puts the marker into the folder. A folder that takes none is known by its identity.</summary>
    private void Prove(string root)
    {
        var ids = Proof.Read(root);
        if (ids.Contains(Folder) || (ids.Count > 0 && !Proof.IsShared) || _entries.Count > 0 || !Directory.Exists(root))
            return;
        if (!Proof.TryWrite(root, Folder) && FileIdentity.Of(root) is { } identity && identity != _root)
        {
            _root = identity;
            Compact();
        }
    }

    private void Load()
    {
        var (reader, good) = (new LineReader(_file, MostLineBytes), 0L);
        while (reader.Next() is { } bytes)
        {
            if (Parse(bytes.Span) is not { } line || !IsValid(line))
                break;
            Take(line);
            good = reader.Position;
        }

        if (_lines > 0 && good < _file.Length)
        {
            // Only the last line may be cut by a kill. If there are others behind, the changes in them are lost.
            IsDamaged = reader.Next() is not null;
            _file.SetLength(good);
        }

        if (_lines == 0 && _file.Length > 0)
        {
            // Not a journal of this version: it is kept under another name, and a new one begins.
            IsDamaged = true;
            _file.Dispose();
            File.Move(_path, _path + ".bad", overwrite: true);
            _file = File.Open(_path, PrivateFile.Options(FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read));
        }
    }

    private static JournalLine? Parse(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, JournalJson.Default.JournalLine);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private bool IsValid(JournalLine line) => _lines == 0
        ? line is { Version: JournalLine.CurrentVersion, Folder: { } id } && id != Guid.Empty
        : line.Acknowledged is >= 0 || line is { Path.Length: > 0, Number: > 0, Size: >= 0, Sha256: null or { Length: 32 } };

    private void Take(JournalLine line)
    {
        lock (_gate)
            TakeLocked(line);
    }

    private void TakeLocked(JournalLine line)
    {
        _lines++;
        if (line.Version is not null)
        {
            (Folder, _root) = (line.Folder!.Value, JournalLine.IdentityOf(line.Root));
            return;
        }

        if (line.Acknowledged is { } number)
        {
            FollowerNumber = line.FollowerNumber;
            TakeAcknowledgement(number);
            return;
        }

        Number = Math.Max(Number, line.Number);
        var path = line.Path!;
        if (!line.IsGone && !line.IsMoved)
        {
            _entries[path] = line.ToEntry();
            _ = _gone.Remove(path);
            return;
        }

        _ = _entries.Remove(path);
        if (line.IsMoved)
            return;
        // The follower may know the entry by its previous path, too. To remove what the follower does not have is harmless.
        foreach (var known in (string?[])[path, line.From])
        {
            if (known is not null && !_entries.ContainsKey(known))
                _gone[known] = line.ToEntry() with { Path = known, From = null };
        }
    }

    private void TakeAcknowledgement(long number)
    {
        Acknowledged = number;
        foreach (var entry in _entries.Values.Where(entry => entry.Number <= number && (entry.IsNew || entry.From is not null)).ToList())
            _entries[entry.Path] = entry with { IsNew = false, From = null };
        foreach (var path in _gone.Where(one => one.Value.Number <= number).Select(one => one.Key).ToList())
            _ = _gone.Remove(path);
    }

    private void Append(IReadOnlyList<JournalLine> lines)
    {
        var end = _file.Length;
        try
        {
            using var bytes = new MemoryStream();
            _ = JournalLine.Write(bytes, lines);
            _file.Position = end;
            bytes.WriteTo(_file);
            _file.Flush(flushToDisk: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Withdraw(end);
            throw TransferException.Local($"The journal cannot be written: {failure.Message}", failure);
        }
    }

    private void Withdraw(long end)
    {
        try
        {
            _file.SetLength(end);
        }
        catch (IOException)
        {
            // The next reader stops at the cut line.
        }
    }

    private void CompactIfWorthwhile()
    {
        if (_lines > LeastLines + (2 * (_entries.Count + _gone.Count)))
            Compact();
    }

    /// <summary>Writes the valid lines to a new file, which replaces the old one.</summary>
    private void Compact()
    {
        var fresh = _path + ".new";
        try
        {
            var file = File.Open(fresh, PrivateFile.Options(FileMode.Create, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete));
            var lines = JournalLine.Write(file, All());
            file.Flush(flushToDisk: true);
            File.Move(fresh, _path, overwrite: true);
            _file.Dispose();
            (_file, _lines) = (file, lines);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw TransferException.Local($"The journal cannot be written: {failure.Message}", failure);
        }

        IEnumerable<JournalLine> All()
        {
            yield return new JournalLine
            {
                Version = JournalLine.CurrentVersion,
                Folder = Folder,
                Root = _root is { } root ? [root.Device, root.Inode] : null,
            };
            // Acknowledged first: lines behind it that have been told already are marked as such by themselves.
            yield return new JournalLine { Acknowledged = Acknowledged, FollowerNumber = FollowerNumber };
            foreach (var entry in _gone.Values)
                yield return JournalLine.Of(entry, isGone: true);
            foreach (var entry in _entries.Values)
                yield return JournalLine.Of(entry);
            // The last number may belong to a change that is acknowledged and gone.
            yield return new JournalLine { Path = ".", Number = Math.Max(Number, 1), IsMoved = true };
        }
    }
}
