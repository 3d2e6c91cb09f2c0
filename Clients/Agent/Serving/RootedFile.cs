using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using ChunkUpload.Client;
using ChunkUpload.Client.State;
using ChunkUpload.Client.Uploads;
using Microsoft.Win32.SafeHandles;

namespace ChunkUpload.Agent.Serving;

/// <summary>
/// A file of a served folder, opened for being sent: folder by folder below the root, following neither a link nor a junction, so that
/// nothing outside the root is read whatever lies there meanwhile. Its size, time and inode are those of the journal.
/// </summary>
internal sealed class RootedFile : IUploadSource
{
    public const string FileChanged = "file_changed";

    private const int Block = 1 << 20;

    private readonly SafeFileHandle _file;
    private readonly JournalEntry _entry;
    private long _given;

    private RootedFile(SafeFileHandle file, JournalEntry entry) => (_file, _entry) = (file, entry);

    public long? Size => _entry.Size;

    public bool IsRepeatable => true;

    public bool HasChanged => !IsSame(_file, _entry);

    /// <summary>The bytes that were read; at least those that have left the computer.</summary>
    public long Given => Interlocked.Read(ref _given);

    /// <summary>Opens the version of a file that the journal knows.</summary>
    /// <param name="root">The served folder.</param>
    /// <param name="entry">The entry of the journal; only its text is used as a path.</param>
    /// <exception cref="TransferException">
    /// Another version or something else lies there (<see cref="TransferFailure.SourceChanged"/>), or the file cannot be read.
    /// </exception>
    public static RootedFile Open(string root, JournalEntry entry)
    {
        var names = entry.Path.Split('/');
        if (names.Any(name => name is "" or "." or ".." || name.Contains('\0', StringComparison.Ordinal)
            || (OperatingSystem.IsWindows() && name.IndexOfAny(['\\', ':']) >= 0)))
            throw Changed();
        var file = OperatingSystem.IsWindows() ? WindowsPaths.Open(root, names) : OpenBelow(root, names);
        if (IsSame(file, entry))
            return new RootedFile(file, entry);
        file.Dispose();
        throw Changed();
    }

    public async ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken stop)
    {
        try
        {
            var read = 0;
            while (read < buffer.Length)
            {
                var count = await RandomAccess.ReadAsync(_file, buffer[read..], offset + read, stop);
                if (count == 0)
                    break;
                read += count;
            }

            _ = Interlocked.Add(ref _given, read);
            return read;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw TransferException.Local("The file cannot be read.", failure);
        }
    }

    /// <summary>Computes the SHA-256 of all of the file.</summary>
    public async Task<byte[]> HashAsync(CancellationToken stop)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var block = new byte[Block];
        for (long at = 0; at < _entry.Size;)
        {
            var read = await ReadAsync(at, block.AsMemory(0, (int)Math.Min(Block, _entry.Size - at)), stop);
            if (read == 0)
                throw Changed();
            hash.AppendData(block.AsSpan(0, read));
            at += read;
        }

        return HasChanged ? throw Changed() : hash.GetHashAndReset();
    }

    public void Dispose() => _file.Dispose();

    internal static TransferException Changed(Exception? inner = null) =>
        new(TransferFailure.SourceChanged, "The file is not the one any more that the list shows.", inner) { Code = FileChanged };

    private static bool IsSame(SafeFileHandle file, JournalEntry entry)
    {
        try
        {
            var identity = FileIdentity.Of(file, out var isRegular);
            return isRegular && RandomAccess.GetLength(file) == entry.Size && File.GetLastWriteTimeUtc(file).Ticks == entry.Modified
                && (identity is null || entry.Identity is null || identity == entry.Identity);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            // Pipes have no length.
            return false;
        }
    }

    private static SafeFileHandle OpenBelow(string root, string[] names)
    {
        var folder = Checked(Posix.Open(Text(root), Posix.Folder));
        try
        {
            foreach (var name in names[..^1])
            {
                var below = Checked(Posix.OpenAt(folder, Text(name), Posix.Folder));
                folder.Dispose();
                folder = below;
            }

            return Checked(Posix.OpenAt(folder, Text(names[^1]), Posix.File));
        }
        finally
        {
            folder.Dispose();
        }
    }

    private static byte[] Text(string name) => Encoding.UTF8.GetBytes(name + '\0');

    private static SafeFileHandle Checked(SafeFileHandle handle)
    {
        if (!handle.IsInvalid)
            return handle;
        var error = Marshal.GetLastPInvokeError();
        handle.Dispose();
        // A name that leads to nothing, to a link or to something else than a folder is another version; the rest may pass.
        throw error is Posix.NoEntry or Posix.NoFolder or Posix.NameTooLong or Posix.NoDevice || error == Posix.IsLink
            ? Changed()
            : TransferException.Local($"The file cannot be opened: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    /// <summary>open(2) and openat(2). The values differ between systems and processors.</summary>
    private static class Posix
    {
        public const int NoEntry = 2;
        public const int NoDevice = 6;
        public const int NoFolder = 20;
        public static readonly int IsLink = OperatingSystem.IsLinux() ? 40 : 62;
        public const int NameTooLong = 36;

        private static readonly bool IsArm = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm;
        private static readonly int NoFollow = !OperatingSystem.IsLinux() ? 0x100 : IsArm ? 0x8000 : 0x20000;
        private static readonly int OnlyFolder = !OperatingSystem.IsLinux() ? 0x100000 : IsArm ? 0x4000 : 0x10000;
        private static readonly int CloseOnExec = OperatingSystem.IsLinux() ? 0x80000 : 0x1000000;

        // Opening a pipe without a writer would wait for one.
        private static readonly int NonBlocking = OperatingSystem.IsLinux() ? 0x800 : 4;

        public static int Folder { get; } = NoFollow | OnlyFolder | CloseOnExec;

        public static int File { get; } = NoFollow | NonBlocking | CloseOnExec;

        [DllImport("libc", EntryPoint = "open", SetLastError = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern SafeFileHandle Open(byte[] path, int flags);

        [DllImport("libc", EntryPoint = "openat", SetLastError = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern SafeFileHandle OpenAt(SafeFileHandle folder, byte[] path, int flags);
    }
}
