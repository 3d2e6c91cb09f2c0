using System.Collections.Concurrent;
using System.Globalization;

namespace ChunkUpload.FaultLab.Run;

/// <summary>One run of one test: its seed, its folder, and its counts.</summary>
internal sealed class LabRun : IAsyncDisposable
{
    // Other users may pass: PostgreSQL runs as another user than root and must reach its cluster inside.
    private const UnixFileMode Passable =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly LabOptions _options;
    private readonly string _name;
    private readonly long _began = TimeProvider.System.GetTimestamp();
    private readonly Stack<Func<Task>> _undo = new();
    private readonly ConcurrentQueue<string> _faults = new();

    public LabRun(LabOptions options, string name)
    {
        (_options, _name) = (options, name);
        Random = new Random(options.Seed);
        Folder = Path.Combine(options.Folder, $"chunkupload-lab-{Guid.NewGuid():N}"[..28]);
        _ = Directory.CreateDirectory(Folder);
        File.SetUnixFileMode(Folder, Passable);
    }

    /// <summary>Random numbers for the conductor; other threads derive their own from <see cref="Seed"/>.</summary>
    public Random Random { get; }

    public int Seed => _options.Seed;

    public string Root => _options.Root;

    public string Folder { get; }

    public bool IsSoak => _options.Size == LabSize.Soak;

    /// <summary>How many faults were injected.</summary>
    public int Injected { get; set; }

    /// <summary>How many acknowledgements the witness read and compared later.</summary>
    public long Acknowledged { get; set; }

    /// <summary>Results besides the verdict.</summary>
    public List<string> Figures { get; } = [];

    public IReadOnlyCollection<string> Violations => _faults;

    public TimeSpan Elapsed => TimeProvider.System.GetElapsedTime(_began);

    /// <summary>The first fault of a series to run, if the command line names one.</summary>
    public int? From => _options.From;

    public int Count(int ci, int soak) => _options.Count ?? (IsSoak ? soak : ci);

    public string Place(string name) => Path.Combine(Folder, name);

    /// <summary>Creates a folder that other users may pass through.</summary>
    public string MakeFolder(string name)
    {
        var folder = Place(name);
        _ = Directory.CreateDirectory(folder);
        File.SetUnixFileMode(folder, Passable);
        return folder;
    }

    /// <summary>Registers cleanup for the end of the run, whatever happens. The last registration runs first.</summary>
    public void Later(Func<Task> undo) => _undo.Push(undo);

    public void Violate(string what)
    {
        _faults.Enqueue(what);
        if (_faults.Count <= 20)
            Tell($"VIOLATION: {what}");
    }

    public void Check(bool holds, string what)
    {
        if (!holds)
            Violate(what);
    }

    /// <summary>Fails a run that has seen too little to prove anything.</summary>
    public void Floor(string what, long seen, long least) =>
        Check(seen >= least, $"only {seen} {what}, at least {least} are needed for this run to count");

    public void Tell(string text) =>
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Elapsed.TotalSeconds,8:0.0} s  {_name}: {text}"));

    public async ValueTask DisposeAsync()
    {
        while (_undo.TryPop(out var undo))
        {
            try
            {
                await undo();
            }
            catch (Exception e)
            {
                // The remaining cleanup must run too.
                Tell($"cleaning up: {e.Message}");
            }
        }

        if (_options.Keep || !_faults.IsEmpty)
        {
            Tell($"left behind: {Folder}");
            return;
        }

        Directory.Delete(Folder, recursive: true);
    }
}
