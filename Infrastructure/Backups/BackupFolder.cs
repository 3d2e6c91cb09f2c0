using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Infrastructure.Storage.Disk;

namespace ChunkUpload.Infrastructure.Backups;

/// <summary>
/// The files of a backup, under the names that they have in the data directory. An existing file with the same length and time is not
/// copied again, because stored files do not change once their upload is complete.
/// </summary>
internal sealed class BackupFolder
{
    /// <summary>Files of a data directory besides the ledger and stored files: the store's marker, keys, and a certificate.</summary>
    public static readonly string[] Secrets = [StoreMarker.FileName, "operator.key", "cookie.key", "tls.pem"];

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly string _folder;
    private readonly string _source;
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly HashSet<string> _changed = new(StringComparer.Ordinal);
    private readonly List<string> _missing = [];

    private BackupFolder(string folder, string source) => (_folder, _source) = (folder, source);

    public long Files { get; private set; }

    public long Bytes { get; private set; }

    public long Copied { get; private set; }

    public IReadOnlyList<string> Missing => _missing;

    /// <exception cref="StartRefusedException">The folder is in the data directory, or contains other files.</exception>
    public static BackupFolder Open(string folder, string source)
    {
        if ($"{folder}/".StartsWith($"{source}/", StringComparison.Ordinal)
            || $"{source}/".StartsWith($"{folder}/", StringComparison.Ordinal))
            throw new StartRefusedException($"A backup in {folder} would be lost with the data directory {source}: name another folder.");
        try
        {
            if (!Directory.Exists(folder))
                Directory.CreateDirectory(folder, OwnerOnly);
            else if (!File.Exists(Path.Combine(folder, BackupManifest.FileName))
                && Directory.EnumerateFileSystemEntries(folder).Any(IsForeign))
                throw new StartRefusedException($"{folder} holds something other than a backup: name an empty folder.");
        }
        catch (Exception reason) when (reason is IOException or UnauthorizedAccessException)
        {
            throw new StartRefusedException($"{folder} cannot be used: {reason.Message.TrimEnd('.')}.", reason);
        }

        return new BackupFolder(folder, source);

        // Files of an interrupted backup are not foreign.
        static bool IsForeign(string path) => Path.GetFileName(path) is var name
            && name != DiskLayout.Files && !Secrets.Contains(name) && !name.EndsWith(".dump", StringComparison.Ordinal);
    }

    /// <param name="needed">Whether the ledger references bytes in it.</param>
    public void Copy(StoredFile file, bool needed)
    {
        var name = DiskLayout.Describe(file);
        var from = Path.Combine(_source, DiskLayout.Files, name);
        // An incomplete chunk, of which a part is kept, still has its temporary name.
        if (!File.Exists(from) && file.Kind == StoredFileKind.Chunk && File.Exists(from + DiskLayout.PartSuffix))
            (name, from) = (name + DiskLayout.PartSuffix, from + DiskLayout.PartSuffix);
        var source = new FileInfo(from);
        if (!source.Exists)
        {
            if (needed)
                _missing.Add(name);
            return;
        }

        var (length, written) = (source.Length, source.LastWriteTimeUtc);
        var to = new FileInfo(Path.Combine(_folder, DiskLayout.Files, name));
        if (!to.Exists || to.Length != length || to.LastWriteTimeUtc != written)
        {
            CopyOne(source, to.FullName);
            Copied++;
        }

        _names.Add(name);
        Files++;
        Bytes += length;
    }

    public void CopySecrets()
    {
        foreach (var name in Secrets)
        {
            var from = new FileInfo(Path.Combine(_source, name));
            var to = Path.Combine(_folder, name);
            if (from.Exists)
                CopyOne(from, to);
            else
                File.Delete(to);
        }
    }

    /// <summary>Makes the new names durable.</summary>
    public void Flush()
    {
        foreach (var folder in _changed)
            Paths.FlushDirectory(folder);
    }

    /// <summary>Removes the files of earlier backups that this one does not contain.</summary>
    public void RemoveOthers(string dump, CancellationToken cancellationToken)
    {
        foreach (var path in Directory.EnumerateFiles(_folder, "*.dump").Where(path => Path.GetFileName(path) != dump))
            File.Delete(path);
        var files = Path.Combine(_folder, DiskLayout.Files);
        if (!Directory.Exists(files))
            return;
        foreach (var path in Directory.EnumerateFiles(files, "*", SearchOption.AllDirectories))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!_names.Contains(Path.GetRelativePath(files, path)))
                File.Delete(path);
        }
    }

    private void CopyOne(FileInfo from, string to)
    {
        var folder = Path.GetDirectoryName(to)!;
        if (!Directory.Exists(folder))
            _changed.Add(Path.GetDirectoryName(Directory.CreateDirectory(folder, OwnerOnly).FullName)!);
        Paths.Copy(from, to);
        _changed.Add(folder);
    }
}
