using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace ChunkUpload.Tests.Support.Storage;

/// <summary>What survives a power loss of the changes that no flush has covered.</summary>
public enum Surviving
{
    Nothing = 1,

    /// <summary>Created or removed names, but no bytes: a journal that is ahead of the data.</summary>
    Names,
}

/// <summary>
/// The stored files as the medium has them: bytes count after their file was flushed, names after their folder was. After a failed flush
/// the bytes before it are lost, and a later flush of the same file does not restore them, as with a real page cache.
/// </summary>
internal sealed class VolatileDisk
{
    private const string Temporary = ".part";

    private readonly Lock _gate = new();
    private readonly string _root;
    private readonly Dictionary<string, byte[]> _bytes = [];
    private readonly Dictionary<string, List<(long Offset, long Length)>> _pending = [];
    private readonly Dictionary<string, HashSet<string>> _names = [];

    /// <summary>Initializes the disk; all existing files are on the medium.</summary>
    public VolatileDisk(string root)
    {
        _root = root;
        foreach (var folder in Directory.GetDirectories(root, "*", SearchOption.AllDirectories))
        {
            _names[folder] = NamesIn(folder);
            foreach (var name in _names[folder])
                _bytes[Identity(Path.Combine(folder, name))] = File.ReadAllBytes(Path.Combine(folder, name));
        }
    }

    public void Wrote(SafeFileHandle file, long offset, long count)
    {
        lock (_gate)
        {
            var identity = Identity(PathOf(file));
            if (!_pending.TryGetValue(identity, out var pending))
                _pending[identity] = pending = [];
            pending.Add((offset, count));
        }
    }

    public void Flushed(SafeFileHandle handle, bool success)
    {
        lock (_gate)
        {
            var path = PathOf(handle);
            if (!path.StartsWith(_root, StringComparison.Ordinal))
                return;
            if (Directory.Exists(path))
            {
                if (success)
                    _names[path] = NamesIn(path);
                return;
            }

            if (_pending.Remove(Identity(path), out var pending) && success)
                Keep(path, pending);
        }
    }

    /// <summary>Simulates a power loss: everything that is not on the medium is lost. No file may be open.</summary>
    public void Cut(Surviving surviving)
    {
        lock (_gate)
        {
            foreach (var (folder, flushed) in _names)
            {
                var now = NamesIn(folder);
                foreach (var name in now)
                    File.Delete(Path.Combine(folder, name));
                foreach (var name in surviving == Surviving.Names ? now : flushed)
                    File.WriteAllBytes(Path.Combine(folder, name), _bytes.GetValueOrDefault(Identity(Path.Combine(folder, name)), []));
                _names[folder] = NamesIn(folder);
            }

            _pending.Clear();
        }
    }

    private void Keep(string path, List<(long Offset, long Length)> ranges)
    {
        var identity = Identity(path);
        var there = File.ReadAllBytes(path);
        foreach (var (offset, length) in ranges)
        {
            var kept = _bytes.GetValueOrDefault(identity, []);
            if (kept.Length < offset + length)
                Array.Resize(ref kept, (int)(offset + length));
            there.AsSpan((int)offset, (int)length).CopyTo(kept.AsSpan((int)offset));
            _bytes[identity] = kept;
        }
    }

    // A name is never reused, so it identifies the file also after its rename (E1).
    private static string Identity(string path) => path.EndsWith(Temporary, StringComparison.Ordinal) ? path[..^Temporary.Length] : path;

    private static HashSet<string> NamesIn(string folder) => [.. Directory.GetFiles(folder).Select(path => Path.GetFileName(path))];

    // The path under its current name.
    private static string PathOf(SafeFileHandle handle) =>
        new FileInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{handle.DangerousGetHandle()}")).LinkTarget ?? "";
}
