using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Client.State;

/// <summary>
/// A file for each unfinished transfer, replaced by a rename, readable by its owner alone. A file that is lost, cut or foreign costs a
/// question to the service and no byte: the content's digest decides at the end.
/// </summary>
internal sealed class StateStore(string folder, TimeProvider time, ILogger log)
{
    private const int MostBytes = 8 << 20;

    // The service removes an upload long before.
    private static readonly TimeSpan Kept = TimeSpan.FromDays(60);

    private int _swept;

    public static string DefaultFolder
    {
        get
        {
            if (Environment.GetEnvironmentVariable("XDG_STATE_HOME") is { Length: > 0 } state && Path.IsPathRooted(state))
                return Path.Combine(state, "chunkupload");
            if (OperatingSystem.IsWindows() || OperatingSystem.IsMacOS())
                return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "chunkupload", "state");
            return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state", "chunkupload");
        }
    }

    /// <summary>Returns the name of a transfer's state, from everything that identifies the transfer.</summary>
    public static string IdOf(params IEnumerable<string?> parts) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', parts.Select(part => part ?? "")))))[..32];

    /// <summary>Opens a transfer's state for one process at a time.</summary>
    /// <exception cref="TransferException">Another process does this transfer.</exception>
    public StateFile Open(string id, string name)
    {
        var path = Path.Combine(folder, "transfers", id + ".json");
        try
        {
            PrivateFile.CreateFolder(Path.GetDirectoryName(path)!);
            if (Interlocked.Exchange(ref _swept, 1) == 0)
                Sweep(Path.GetDirectoryName(path)!);
            return new StateFile(path, Lock(path + ".lock", name), name, log);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // It also works without a state, unless it is killed.
            log.NotSaved(name, failure.Message);
            return new StateFile(null, null, name, log);
        }
    }

    /// <summary>Locks a resource that several commands change.</summary>
    /// <exception cref="TransferException">Another process has it.</exception>
    public IDisposable Hold(string id, string name)
    {
        var path = Path.Combine(folder, "holds", id + ".lock");
        try
        {
            PrivateFile.CreateFolder(Path.GetDirectoryName(path)!);
            // The file stays: if it were removed, one process could lock the removed file and another one the next.
            return File.Open(path, PrivateFile.Options(FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw TransferException.Local($"{name} cannot be kept from other processes, or one has it: {failure.Message}", failure);
        }
    }

    /// <summary>The unfinished transfers, by the ids of their states.</summary>
    public IEnumerable<(string Id, TransferState State)> All()
    {
        var transfers = new DirectoryInfo(Path.Combine(folder, "transfers"));
        foreach (var file in transfers.Exists ? transfers.EnumerateFiles("*.json") : [])
        {
            if (Read(file.FullName, log) is { } state)
                yield return (Path.GetFileNameWithoutExtension(file.Name), state);
        }
    }

    /// <summary>Returns the saved state of an encrypted folder.</summary>
    public FolderRecord? Folder(string id)
    {
        try
        {
            var record = JsonSerializer.Deserialize(File.ReadAllBytes(FolderPath(id)), StateJson.Default.FolderRecord);
            return record is { For: not null } && record.File?.IsValid != false ? record : null;
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception failure) when (failure is IOException or JsonException or UnauthorizedAccessException)
        {
            log.BadState(failure.Message);
            return null;
        }
    }

    /// <summary>Saves the state of an encrypted folder. After a failure, the next run asks for its key again.</summary>
    public void Save(string id, FolderRecord record)
    {
        try
        {
            PrivateFile.CreateFolder(Path.GetDirectoryName(FolderPath(id))!);
            PrivateFile.Replace(FolderPath(id), JsonSerializer.SerializeToUtf8Bytes(record, StateJson.Default.FolderRecord), flush: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            log.NotSaved(id, failure.Message);
        }
    }

    private string FolderPath(string id) => Path.Combine(folder, "folders", id + ".json");

    /// <summary>Removes remains of transfers that are not resumed.</summary>
    private void Sweep(string transfers)
    {
        foreach (var file in new DirectoryInfo(transfers).EnumerateFiles())
        {
            // A file that is being written is renamed at once; one that a kill left stays.
            var isOld = time.GetUtcNow().UtcDateTime - file.LastWriteTimeUtc
                > (file.Extension == ".new" ? TimeSpan.FromHours(1) : Kept);
            if (isOld && file.Extension is (".json" or ".new" or StateFile.TextExtension))
                file.Delete();
        }
    }

    internal static FileStream Lock(string path, string name)
    {
        try
        {
            return File.Open(path, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                Options = FileOptions.DeleteOnClose,
            });
        }
        catch (IOException) when (File.Exists(path))
        {
            throw TransferException.Local($"Another process transfers {name} already.");
        }
    }

    internal static TransferState? Read(string path, ILogger log)
    {
        try
        {
            using var file = File.OpenRead(path);
            if (file.Length > MostBytes)
                return null;
            var state = JsonSerializer.Deserialize(file, StateJson.Default.TransferState);
            return state?.IsValid == true ? state : null;
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception failure) when (failure is IOException or JsonException or UnauthorizedAccessException or NotSupportedException)
        {
            log.BadState(failure.Message);
            return null;
        }
    }
}

/// <summary>The state of one transfer, and the lock that keeps other processes away from it.</summary>
internal sealed class StateFile(string? path, FileStream? hold, string name, ILogger log) : IDisposable
{
    public const string TextExtension = ".text";

    private readonly Lock _gate = new();
    private TransferState? _state = path is null ? null : StateStore.Read(path, log);
    private bool _warned;

    public TransferState? State
    {
        get
        {
            lock (_gate)
                return _state;
        }
    }

    /// <summary>Where the digests of an encrypted upload's text lie; null means nowhere, as there is no folder for states.</summary>
    public string? Text => path is null ? null : Path.ChangeExtension(path, TextExtension);

    /// <summary>Changes the state and saves it. A failure only costs a query after a kill.</summary>
    public void Save(Func<TransferState?, TransferState> change)
    {
        lock (_gate)
        {
            _state = change(_state);
            if (path is null)
                return;
            try
            {
                // No flush: a file that the loss of power leaves empty counts as lost.
                PrivateFile.Replace(path, JsonSerializer.SerializeToUtf8Bytes(_state, StateJson.Default.TransferState), flush: false);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                if (!_warned)
                    log.NotSaved(name, failure.Message);
                _warned = true;
            }
        }
    }

    public void Remove()
    {
        lock (_gate)
        {
            _state = null;
            try
            {
                if (path is null)
                    return;
                File.Delete(path);
                File.Delete(Text!);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                log.NotSaved(name, failure.Message);
            }
        }
    }

    public void Dispose() => hold?.Dispose();
}
