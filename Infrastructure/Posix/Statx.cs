using System.Runtime.InteropServices;

namespace ChunkUpload.Infrastructure.Posix;

/// <summary>struct statx, the only stat structure with the same layout on every architecture.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal readonly struct Statx
{
    public const uint BasicStats = 0x7ff;

    /// <summary>AT_EMPTY_PATH: with an empty path, statx describes the descriptor itself.</summary>
    public const int EmptyPath = 0x1000;

    /// <summary>AT_SYMLINK_NOFOLLOW: statx describes a symbolic link and not its target.</summary>
    public const int SymlinkNoFollow = 0x100;

    private const int TypeMask = 0xf000, RegularType = 0x8000, DirectoryType = 0x4000, LinkType = 0xa000;

    [FieldOffset(16)] public readonly uint Links;
    [FieldOffset(20)] public readonly uint Owner;
    [FieldOffset(28)] public readonly ushort Mode;
    [FieldOffset(32)] public readonly ulong Inode;
    [FieldOffset(40)] public readonly ulong Size;
    [FieldOffset(48)] public readonly ulong Blocks;
    [FieldOffset(112)] public readonly long ModifiedSeconds;
    [FieldOffset(120)] public readonly uint ModifiedNanoseconds;
    [FieldOffset(136)] public readonly uint DeviceMajor;
    [FieldOffset(140)] public readonly uint DeviceMinor;

    public bool IsRegularFile => (Mode & TypeMask) == RegularType;

    public bool IsDirectory => (Mode & TypeMask) == DirectoryType;

    public bool IsSymbolicLink => (Mode & TypeMask) == LinkType;

    /// <summary>Null for a time that is none, as broken disks have.</summary>
    public DateTimeOffset? Modified => ModifiedSeconds is < -62_135_596_800 or > 253_402_300_799
        ? null
        : DateTimeOffset.FromUnixTimeSeconds(ModifiedSeconds).AddTicks(ModifiedNanoseconds / 100);

    public UnixFileMode Permissions => (UnixFileMode)(Mode & 0xfff);

    public (uint Major, uint Minor) Device => (DeviceMajor, DeviceMinor);
}

/// <summary>struct statvfs of a 64-bit Linux.</summary>
[StructLayout(LayoutKind.Explicit, Size = 128)]
internal readonly struct StatVfs
{
    [FieldOffset(8)] public readonly ulong FragmentSize;
    [FieldOffset(16)] public readonly ulong Blocks;
    [FieldOffset(32)] public readonly ulong BlocksAvailable;

    public long TotalBytes => (long)(Blocks * FragmentSize);

    /// <summary>The bytes that an unprivileged process may still use.</summary>
    public long FreeBytes => (long)(BlocksAvailable * FragmentSize);

    public StatVfs(ulong fragmentSize, ulong blocks, ulong blocksAvailable) =>
        (FragmentSize, Blocks, BlocksAvailable) = (fragmentSize, blocks, blocksAvailable);
}
