using System.IO.MemoryMappedFiles;
using ChunkUpload.FaultLab.Run;

namespace ChunkUpload.FaultLab.Service;

/// <summary>In the order of shim.c.</summary>
internal enum ShimCall
{
    OpenAt,
    Pwrite,
    Fsync,
    Fdatasync,
    RenameAt2,
    UnlinkAt,
    Fallocate,
    CopyFileRange,
    Pread,

    /// <summary>The opening of an existing file.</summary>
    Reopen,

    OpenDir,
    Ftruncate,

    /// <summary>Switching between direct and cached writes.</summary>
    SetFlags,

    Clone,
    Statx,
    StatVfs,
    Advise,
    Syncfs,
    MkdirAt,
    Close,

    /// <summary>A read by the runtime from a file that the service opened.</summary>
    Read,

    SendFile,
}

/// <summary>
/// Makes a system call of the running service fail: the library of Shim/shim.c, and the page of memory that it shares with the lab.
/// </summary>
internal sealed class Shim : IDisposable
{
    public const int Interrupted = -1;
    public const int Short = 0;

    private const int Faults = 2;
    private const int FaultBytes = 16;
    private const int FiredAt = Faults * FaultBytes;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _page;

    private Shim(string page)
    {
        _file = MemoryMappedFile.CreateFromFile(page, FileMode.Create, null, 4096);
        _page = _file.CreateViewAccessor();
        Disarm();
    }

    /// <summary>How often the armed fault has occurred.</summary>
    public int Fired => _page.ReadInt32(FiredAt);

    /// <summary>How often a descriptor was flushed again after a failed flush.</summary>
    public int Retried => _page.ReadInt32(FiredAt + 4);

    public static async Task<Shim> AttachAsync(LabRun run, LabService service, CancellationToken cancellationToken)
    {
        var library = run.Place("shim.so");
        _ = await Shell.RunAsync("gcc", ["-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o", library,
            Path.Combine(run.Root, "tools", "FaultLab", "Shim", "shim.c"), "-ldl"], cancellationToken);
        var page = run.Place("shim.page");
        service.Environment["LD_PRELOAD"] = library;
        service.Environment["LAB_SHIM"] = page;
        return new Shim(page);
    }

    public int Seen(ShimCall call) => _page.ReadInt32(FiredAt + 8 + (4 * (int)call));

    /// <summary>How often a call of this kind has failed.</summary>
    public int Met(ShimCall call) => _page.ReadInt32(FiredAt + 8 + (4 * (Enum.GetValues<ShimCall>().Length + (int)call)));

    public void Arm(ShimCall call, int code, int which, bool sticky)
    {
        Disarm();
        _page.Write(FiredAt, 0);
        Set(0, call, code, which, sticky);
    }

    /// <summary>Arms a second fault besides the first.</summary>
    public void ArmToo(ShimCall call, int code, int which) => Set(1, call, code, which, sticky: false);

    public void Disarm()
    {
        for (var fault = 0; fault < Faults; fault++)
            _page.Write(fault * FaultBytes, -1);
    }

    public void Dispose()
    {
        _page.Dispose();
        _file.Dispose();
    }

    private void Set(int fault, ShimCall call, int code, int which, bool sticky)
    {
        _page.Write((fault * FaultBytes) + 4, code);
        _page.Write((fault * FaultBytes) + 8, which);
        _page.Write((fault * FaultBytes) + 12, sticky ? 1 : 0);
        _page.Write(fault * FaultBytes, (int)call);
    }
}
