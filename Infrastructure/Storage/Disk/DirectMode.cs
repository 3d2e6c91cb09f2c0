using ChunkUpload.Infrastructure.Posix;
using Microsoft.Win32.SafeHandles;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>
/// Whether one descriptor bypasses the page cache now (O_DIRECT). All readers and writers of the descriptor switch the mode here, so that
/// none of them depends on what another one left behind. Used by one thread at a time, like the descriptor itself.
/// </summary>
internal sealed class DirectMode(ISyscalls calls, SafeFileHandle handle)
{
    /// <summary>O_DIRECT needs memory, offset and length aligned to this. A device that needs a larger alignment answers EINVAL.</summary>
    public const int Page = 4096;

    // For shorter ranges, waiting for the device costs more than O_DIRECT saves.
    public const int Least = 128 << 10;

    public bool IsOn { get; private set; }

    /// <returns>False where the file system refuses; the mode is unchanged then.</returns>
    public bool TrySet(bool on)
    {
        if (on != IsOn && calls.SetDirect(handle, on) < 0)
            return false;
        IsOn = on;
        return true;
    }

    /// <summary>Switches O_DIRECT off, for calls with any offset and length.</summary>
    /// <param name="doing">The verb of the error message: "Reading", "Writing".</param>
    public void End(string doing, string name)
    {
        if (!TrySet(on: false))
            throw PosixFile.Failure(-Errno.Invalid, doing, name);
    }
}
