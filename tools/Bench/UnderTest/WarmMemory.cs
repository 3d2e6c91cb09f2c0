using System.Runtime.InteropServices;

namespace ChunkUpload.Bench.UnderTest;

/// <summary>
/// Memory that this process has touched and frees just before a run. A virtual machine returns idle memory to its host, and the next
/// process that touches it pays seconds of system time per GiB; recently freed memory is not returned yet.
/// </summary>
internal sealed partial class WarmMemory : IDisposable
{
    private const int ReadWrite = 3;
    private const int PrivateAnonymous = 0x22;
    private const int HugePages = 14;
    private const int Page = 4096;

    private nint _address;
    private nuint _length;

    public unsafe void Hold(long bytes)
    {
        Release();
        // Leave other processes what they need.
        bytes = Math.Min(bytes, AvailableBytes() / 2);
        _length = (nuint)bytes;
        _address = Map(0, _length, ReadWrite, PrivateAnonymous, -1, 0);
        if (_address == -1)
            throw new BenchException($"{bytes >> 20} MiB of memory could not be had.");
        _ = Advise(_address, _length, HugePages);
        for (long offset = 0; offset < bytes; offset += Page)
            ((byte*)_address)[offset] = 1;
    }

    public void Release()
    {
        if (_address is not (0 or -1))
            _ = Unmap(_address, _length);
        _address = 0;
    }

    public void Dispose() => Release();

    private static long AvailableBytes() =>
        long.Parse(File.ReadLines("/proc/meminfo").First(line => line.StartsWith("MemAvailable:", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture) * 1024;

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int descriptor, long offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nuint length, int advice);
}
