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
}

/// <summary>Lets a system call of the running service fail: the library of Shim/shim.c, and the page of memory that it shares with the lab.</summary>
internal sealed class Shim : IDisposable
{
    public const int Interrupted = -1;
    public const int Short = 0;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _page;

    private Shim(string page)
    {
        _file = MemoryMappedFile.CreateFromFile(page, FileMode.Create, null, 4096);
        _page = _file.CreateViewAccessor();
        Disarm();
    }

    /// <summary>How often the fault was met since it was armed.</summary>
    public int Fired => _page.ReadInt32(16);

    /// <summary>How often a descriptor was flushed again after its flush had failed.</summary>
    public int Retried => _page.ReadInt32(20);

    public static async Task<Shim> AttachAsync(LabRun run, LabService service, CancellationToken cancellationToken)
    {
        var library = run.Place("shim.so");
        _ = await Shell.RunAsync("gcc", ["-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o", library, Path.Combine(run.Root, "tools", "FaultLab", "Shim", "shim.c"), "-ldl"], cancellationToken);
        var page = run.Place("shim.page");
        service.Environment["LD_PRELOAD"] = library;
        service.Environment["LAB_SHIM"] = page;
        return new Shim(page);
    }

    public int Seen(ShimCall call) => _page.ReadInt32(24 + (4 * (int)call));

    public void Arm(ShimCall call, int code, int which, bool sticky)
    {
        Disarm();
        _page.Write(16, 0);
        _page.Write(4, code);
        _page.Write(8, which);
        _page.Write(12, sticky ? 1 : 0);
        _page.Write(0, (int)call);
    }

    public void Disarm() => _page.Write(0, -1);

    public void Dispose()
    {
        _page.Dispose();
        _file.Dispose();
    }
}
