using System.Text.Json;
using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Client.State;

/// <summary>
/// What a pair of a local folder and one of the service remembers: the base, in which both sides last agreed, and what people have decided.
/// Lines are appended to a file, which is rewritten when most of its lines are superseded. A line that a kill has cut is left out: what it
/// said is found again by the next scan. One process holds a pair at a time.
/// </summary>
internal sealed class SyncStore : IDisposable
{
    private const int LeastLines = 1000;
    private const int MostLineBytes = 1 << 20;
    private const int MostDecided = 200;

    private static readonly TimeSpan DecidedFor = TimeSpan.FromDays(30);

    private readonly Dictionary<string, SyncBase> _bases = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (string Digest, SyncAnswer Answer)> _answers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SyncAnswer> _questions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SyncDecidedLine> _decided = new(StringComparer.Ordinal);
    private readonly List<(DateTimeOffset At, int Count)> _removals = [];
    private readonly List<(string Path, SyncSide At, DateTimeOffset When)> _steps = [];
    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Folder, string Name), string> _named = [];
    private readonly FileStream _hold;
    private readonly TimeProvider _time;
    private FileStream _file;
    private SyncLine _header;
    private int _lines;

    private SyncStore(SyncPairFiles files, SyncLine header, FileStream hold, FileStream file, TimeProvider time) =>
        (Files, _header, _hold, _file, _time) = (files, header, hold, file, time);

    public SyncPairFiles Files { get; }

    public IReadOnlyDictionary<string, SyncBase> Bases => _bases;

    /// <summary>The decisions about conflicts, by path, each with the digest of the versions.</summary>
    public IReadOnlyDictionary<string, (string Digest, SyncAnswer Answer)> Answers => _answers;

    /// <summary>The local names of items that have another one at the service, by their paths there.</summary>
    public IReadOnlyDictionary<string, string> Names => _names;

    /// <summary>The conflicts that were decided, by id.</summary>
    public IReadOnlyDictionary<string, SyncDecidedLine> Decided => _decided;

    /// <summary>The id of the folder at the service; <c>null</c> before the first scan.</summary>
    public string? Root => _header.Root;

    /// <summary>The id of the local folder in its marker; <c>null</c> before the first scan.</summary>
    public Guid? Folder => _header.Folder;

    public string? Cursor { get; private set; }

    /// <summary>The generation of the service's ledger at <see cref="Cursor"/>; <c>null</c> if that is not known.</summary>
    public long? Generation { get; private set; }

    /// <summary>Opens the state of a pair, or begins one.</summary>
    /// <exception cref="TransferException">Another process holds it, or its files cannot be written.</exception>
    public static SyncStore Open(SyncPairFiles files, string service, string local, TimeProvider time)
    {
        FileStream? hold = null;
        try
        {
            PrivateFile.CreateFolder(Path.GetDirectoryName(files.State)!);
            hold = StateStore.Lock(files.State + ".lock", $"{local} in both directions");
            var file = File.Open(files.State, PrivateFile.Options(FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read));
            var header = new SyncLine { Version = SyncLine.CurrentVersion, Service = service, Local = local };
            var store = new SyncStore(files, header, hold, file, time);
            store.Load();
            if (store._lines == 0)
                store.Compact();
            return store;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            hold?.Dispose();
            throw TransferException.Local($"The state of {local} cannot be opened: {failure.Message}", failure);
        }
        catch
        {
            hold?.Dispose();
            throw;
        }
    }

    /// <summary>How many items were removed within the window of the brake, without a person having been asked.</summary>
    public int RecentRemovals => _removals.Where(one => _time.GetUtcNow() - one.At < RemovalBrake.Window).Sum(one => one.Count);

    /// <summary>The paths of files that go back and forth.</summary>
    public IReadOnlySet<string> Restless => SyncBackAndForth.Find(
        _steps.Where(step => _time.GetUtcNow() - step.When < SyncBackAndForth.Window).Select(step => (step.Path, step.At)));

    /// <summary>Returns the user's answer to a question about removals.</summary>
    public SyncAnswer? AnswerTo(SyncQuestion question) => _questions.TryGetValue(question.Digest, out var answer) ? answer : null;

    public void Begin(string root, Guid folder)
    {
        if (_header.Root == root && _header.Folder == folder)
            return;
        _header = _header with { Root = root, Folder = folder };
        Compact();
    }

    /// <summary>Returns the path at the service of an item that has another name here; <c>null</c> if none has this one.</summary>
    /// <param name="folder">The path of its folder at the service.</param>
    public string? NamedHere(string folder, string name) => _named.GetValueOrDefault((folder, name));

    public void NameHere(string path, string name) => Append([new SyncLine { Path = path, Name = name }]);

    /// <param name="at">The side that was changed.</param>
    public void Agree(string path, SyncBase agreed, SyncSide at) =>
        Append([SyncLine.Of(path, agreed) with { To = at, At = _time.GetUtcNow() }]);

    /// <param name="agreed">Rows on which both sides agree now.</param>
    /// <param name="gone">The paths to remove from the base.</param>
    public void Record(IEnumerable<KeyValuePair<string, SyncBase>> agreed, IEnumerable<string> gone) => Append(
    [
        .. gone.Where(_bases.ContainsKey).Select(path => new SyncLine { Path = path, IsGone = true }),
        .. agreed.Select(one => SyncLine.Of(one.Key, one.Value)),
    ]);

    /// <param name="at">The side that was changed.</param>
    /// <param name="counts">Whether the brake counts it.</param>
    public void Remove(string path, SyncSide at, bool counts) => Append(
        [new SyncLine { Path = path, IsGone = true, Removed = counts ? 1 : 0, To = at, At = _time.GetUtcNow() }]);

    /// <param name="path"><c>null</c>: the answer is about the removals of a question.</param>
    public void Answer(string? path, string about, SyncAnswer answer) =>
        Append([new SyncLine { Path = path, About = about, Answer = answer }]);

    public void Decide(SyncDecidedLine decided) => Append([new SyncLine { Decided = decided }]);

    public void MoveTo(string? cursor, long? generation)
    {
        if ((cursor, generation) != (Cursor, Generation))
            Append([new SyncLine { Cursor = cursor, Generation = generation }]);
    }

    public void Dispose()
    {
        _file.Dispose();
        _hold.Dispose();
    }

    private void Load()
    {
        var (reader, good) = (new LineReader(_file, MostLineBytes), 0L);
        while (reader.Next() is { } bytes)
        {
            if (Parse(bytes.Span) is not { } line || (_lines == 0 && line.Version != SyncLine.CurrentVersion))
                break;
            Take(line);
            good = reader.Position;
        }

        if (_lines == 0 && _file.Length > 0)
        {
            // Not of this version: it is kept under another name, and the pair begins with a first scan, which removes nothing.
            _file.Dispose();
            File.Move(Files.State, Files.State + ".bad", overwrite: true);
            _file = File.Open(Files.State, PrivateFile.Options(FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read));
        }
        else if (good < _file.Length)
        {
            // A line was cut by a kill; the next scan finds what the lines after it recorded.
            _file.SetLength(good);
        }
    }

    private static SyncLine? Parse(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, SyncLineJson.Default.SyncLine);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private void Take(SyncLine line)
    {
        _lines++;
        if (line is { To: { } to, Path: { } stepped, At: { } when })
            _steps.Add((stepped, to, when));
        if (line is { Name: { } name, Path: { } named })
        {
            if (_names.GetValueOrDefault(named) is { } before)
                _ = _named.Remove((FolderOf(named), before));
            _names[named] = name;
            _named[(FolderOf(named), name)] = named;
        }
        else if (line.Version is not null)
            _header = line with { Service = _header.Service, Local = _header.Local };
        else if (line.Decided is { } decided)
            _decided[decided.Id] = decided;
        else if (line.About is { } about && line.Answer is { } answer)
        {
            if (line.Path is { } path)
                _answers[path] = (about, answer);
            else
                _questions[about] = answer;
        }
        else if (line is { IsGone: true, Path: { } gone })
        {
            _ = _bases.Remove(gone);
            if (_names.Remove(gone, out var known))
                _ = _named.Remove((FolderOf(gone), known));
            if (line is { Removed: > 0, At: { } removed })
                _removals.Add((removed, line.Removed));
        }
        else if (line is { Path: { } row, Left: { } left })
            _bases[row] = new SyncBase(left.ToEntry(), line.Right?.ToEntry());
        else if (line is { Removed: > 0, At: { } at })
            _removals.Add((at, line.Removed));
        else if (line.To is null)
            (Cursor, Generation) = (line.Cursor, line.Generation);
    }

    private void Append(IReadOnlyList<SyncLine> lines)
    {
        if (lines.Count == 0)
            return;
        var end = _file.Length;
        try
        {
            _file.Position = end;
            Write(_file, lines);
            _file.Flush(flushToDisk: lines.Any(line => line.Answer is not null || line.Removed > 0 || line.Decided is not null));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Withdraw(end);
            throw TransferException.Local($"The state of {_header.Local} cannot be written: {failure.Message}", failure);
        }

        foreach (var line in lines)
            Take(line);
        if (_lines > LeastLines + (2 * (_bases.Count + _decided.Count)))
            Compact();
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

    /// <summary>Writes the valid lines to a new file, which replaces the old one.</summary>
    private void Compact()
    {
        var fresh = Files.State + ".new";
        var file = File.Open(fresh, PrivateFile.Options(FileMode.Create, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete));
        var now = _time.GetUtcNow();
        SyncLine[] lines =
        [
            _header, .. _bases.Select(row => SyncLine.Of(row.Key, row.Value)),
            .. _answers.Select(one => new SyncLine { Path = one.Key, About = one.Value.Digest, Answer = one.Value.Answer }),
            .. _questions.TakeLast(1).Select(one => new SyncLine { About = one.Key, Answer = one.Value }),
            .. _removals.Where(one => now - one.At < RemovalBrake.Window).Select(one => new SyncLine { Removed = one.Count, At = one.At }),
            .. _decided.Values.Where(one => now - one.At < DecidedFor).OrderByDescending(one => one.At).Take(MostDecided)
                .Select(one => new SyncLine { Decided = one }),
            .. _names.Select(one => new SyncLine { Path = one.Key, Name = one.Value }),
            .. _steps.Where(step => now - step.When < SyncBackAndForth.Window)
                .Select(step => new SyncLine { Path = step.Path, To = step.At, At = step.When }),
            new SyncLine { Cursor = Cursor, Generation = Generation },
        ];
        _ = _steps.RemoveAll(step => now - step.When >= SyncBackAndForth.Window);
        Write(file, lines);
        file.Flush(flushToDisk: true);
        File.Move(fresh, Files.State, overwrite: true);
        file.Flush(flushToDisk: true);
        _file.Dispose();
        (_file, _lines) = (file, lines.Length);
    }

    private static void Write(FileStream file, IReadOnlyList<SyncLine> lines)
    {
        using var bytes = new MemoryStream();
        foreach (var line in lines)
        {
            bytes.Write(JsonSerializer.SerializeToUtf8Bytes(line, SyncLineJson.Default.SyncLine));
            bytes.WriteByte((byte)'\n');
        }

        bytes.WriteTo(file);
    }

    private static string FolderOf(string path) => path.LastIndexOf('/') is > 0 and var end ? path[..end] : "";
}
