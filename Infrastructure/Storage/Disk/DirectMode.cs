using ChunkUpload.Infrastructure.Posix;
using Microsoft.Win32.SafeHandles;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>
/// Whether one descriptor bypasses the page cache now (O_DIRECT). All who read or write through the descriptor switch it here, so that none of
/// them has to remember what another one left behind. Used by one thread at a time, like the descriptor itself.
/// </summary>
internal sealed class DirectMode(ISyscalls calls, SafeFileHandle handle)
{
    /// <summary>O_DIRECT wants memory, offset and length aligned to this; a device that wants more answers EINVAL.</summary>
    public const int Page = 4096;

    // For shorter ranges the wait for the device is longer than what is saved.
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

    /// <summary>For calls that take any offset and length.</summary>
    /// <param name="doing">What an error says: "Reading", "Writing".</param>
    public void End(string doing, string name)
    {
        if (!TrySet(on: false))
            throw PosixFile.Failure(-Errno.Invalid, doing, name);
    }
}
