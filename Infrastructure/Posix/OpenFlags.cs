using System.Runtime.InteropServices;

namespace ChunkUpload.Infrastructure.Posix;

/// <summary>open(2). Three of the values differ between x86 and ARM.</summary>
internal static class OpenFlags
{
    public const int ReadOnly = 0;
    public const int WriteOnly = 1;
    public const int ReadWrite = 2;
    public const int Create = 0x40;
    public const int Exclusive = 0x80;
    public const int NonBlocking = 0x800;
    public const int CloseOnExec = 0x80000;

    private static readonly bool Arm = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm;

    public static readonly int Directory = Arm ? 0x4000 : 0x10000;
    public static readonly int NoFollow = Arm ? 0x8000 : 0x20000;
    public static readonly int Direct = Arm ? 0x10000 : 0x4000;
}

/// <summary>Flags of the other calls.</summary>
internal static class PosixFlags
{
    public const uint RenameNoReplace = 1;
    public const uint RenameExchange = 2;          // RENAME_EXCHANGE
    public const int RemoveDirectory = 0x200;      // AT_REMOVEDIR
    public const int FallocateKeepSize = 1;
    public const int FadviseSequential = 2;
    public const int FadviseDontNeed = 4;

    /// <summary>MADV_DONTNEED.</summary>
    public const int AdviseDontNeed = 4;

    /// <summary>MADV_HUGEPAGE.</summary>
    public const int AdviseHugePage = 14;

    /// <summary>cachestat, the same on every processor; since Linux 6.5.</summary>
    public const int CacheStatCall = 451;

    /// <summary>F_SETFL.</summary>
    public const int SetFlags = 4;

    public const int LockExclusive = 2;
    public const int LockNonBlocking = 4;
    public const int LockRelease = 8;

    /// <summary>FICLONERANGE.</summary>
    public const uint CloneRangeRequest = 0x4020940D;
}
