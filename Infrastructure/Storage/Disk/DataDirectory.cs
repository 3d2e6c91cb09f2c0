using System.Globalization;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Options;
using ChunkUpload.Infrastructure.Posix;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>
/// The folder that holds everything of this service. Opening it creates it if it is missing, locks it against a second process, and reads
/// or writes the marker that names the store.
/// </summary>
internal sealed class DataDirectory(DataOptions options, TimeProvider time) : IStartStep, IServiceAddress, IDisposable
{
    private readonly List<string> _created = [];
    private DataDirectoryLock? _lock;
    private StoreMarker? _marker;

    public int Order => StartOrder.DataDirectory;

    public string Name => "data directory";

    /// <summary>The absolute path.</summary>
    public string Path { get; } = System.IO.Path.GetFullPath(options.Directory);

    /// <summary>The store's id, which stays the same when its folder is moved.</summary>
    public Guid StoreId => Marker.Id;

    /// <summary>
    /// The id of the node, which is the service that runs in this folder. Its store has the same id.
    /// </summary>
    public Guid NodeId => Marker.Id;

    /// <summary>
    /// The newest incarnation of the node that has ended for certain, because it ran in this very folder and this process holds the lock;
    /// 0 if the folder may be a copy, as a service may run in the original.
    /// </summary>
    public long Ended => Marker.Place == Place ? Marker.Incarnation : 0;

    /// <summary>Whether this process has it. A verb beside a service that runs has not.</summary>
    public bool IsOpen => _marker is not null;

    public StoreMarker Marker => _marker ?? throw new InvalidOperationException("The data directory is not open.");

    public Task StartAsync(CancellationToken cancellationToken)
    {
        Open();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        RemoveFoldersOfRefusedStart();
        Dispose();
        return Task.CompletedTask;
    }

    /// <exception cref="StartRefusedException">Another process holds it, it is not writable, or its format is unknown.</exception>
    public void Open()
    {
        if (_lock is not null)
            throw new InvalidOperationException("The data directory is open.");

        try
        {
            _marker = Use(() =>
            {
                _created.Clear();
                Make(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
                _lock = DataDirectoryLock.Take(Path);
                return StoreMarker.ReadOrCreate(Path, time);
            });
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Binds the directory to a ledger: a start with another ledger is refused while files lie here.</summary>
    public void Bind(Guid ledger)
    {
        if (Marker.Ledger != ledger)
            _marker = Use(() => Marker.Bind(Path, ledger));
    }

    /// <summary>Remembers the newest incarnation: an older ledger that is restored is recognized by it.</summary>
    public void NoteIncarnation(long incarnation) => _marker = Use(() => Marker.Note(Path, incarnation, Place));

    private string Place
    {
        get
        {
            var file = Paths.Look(System.IO.Path.Combine(Path, DataDirectoryLock.FileName));
            return string.Create(
                CultureInfo.InvariantCulture, $"{BootId.Read()}:{file?.DeviceMajor}:{file?.DeviceMinor}:{file?.Inode}");
        }
    }

    public void Announce(string address) =>
        (_lock ?? throw new InvalidOperationException("The data directory is not open.")).Name(address);

    private StoreMarker Use(Func<StoreMarker> write)
    {
        try
        {
            return write();
        }
        catch (Exception reason) when (reason is IOException or UnauthorizedAccessException)
        {
            throw new StartRefusedException($"The data directory {Path} cannot be used: {reason.Message.TrimEnd('.')}; make it writable "
                + $"for this user or choose another one with Data:Directory.", reason);
        }
    }

    // Only the last folder is private: the database's user must be able to pass through its parents.
    private void Make(string path, UnixFileMode? mode)
    {
        if (Directory.Exists(path))
            return;

        var parent = System.IO.Path.GetDirectoryName(path)!;
        Make(parent, null);
        if (mode is { } given)
            Directory.CreateDirectory(path, given);
        else
            Directory.CreateDirectory(path);
        _created.Add(path);

        // A new folder is durable only once its parent is flushed.
        Paths.FlushDirectory(parent);
    }

    /// <summary>
    /// Removes the folders that this start created, if it ended before a ledger was bound to them and nothing else lies there.
    /// </summary>
    private void RemoveFoldersOfRefusedStart()
    {
        if (_lock is null || _marker?.Ledger is not null || !_created.Contains(Path))
            return;
        string[] own = [System.IO.Path.Combine(Path, DataDirectoryLock.FileName), System.IO.Path.Combine(Path, StoreMarker.FileName)];
        try
        {
            if (Directory.EnumerateFileSystemEntries(Path).Except(own).Any())
                return;
            foreach (var file in own)
                File.Delete(file);
            foreach (var folder in Enumerable.Reverse(_created))
                Directory.Delete(folder);
        }
        catch (IOException)
        {
            // Another process uses a folder by now, so it stays.
        }
    }

    public void Dispose()
    {
        _lock?.Dispose();
        _lock = null;
    }
}
