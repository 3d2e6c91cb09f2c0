using System.Globalization;
using System.Runtime.InteropServices;

/// <summary>
/// Loaded into the service by <c>DOTNET_STARTUP_HOOKS</c>: on SIGUSR1 it writes what the runtime has allocated so far, and how large the
/// heap of large objects and that of pinned ones are after a collection. The runtime wants this name, and no namespace.
/// </summary>
internal static class StartupHook
{
    /// <summary>Names the file that is written.</summary>
    public const string File = "BENCH_ALLOCATION_FILE";

    private const PosixSignal User1 = (PosixSignal)10;
    private const int LargeObjects = 3, PinnedObjects = 4;

    /// <summary>Held, or the collector would end it.</summary>
    internal static PosixSignalRegistration? Registration { get; private set; }

    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable(File) is not { } path)
            return;
        Registration = PosixSignalRegistration.Create(User1, context =>
        {
            context.Cancel = true;
            var allocated = GC.GetTotalAllocatedBytes(precise: true);
            GC.Collect();
            var heaps = GC.GetGCMemoryInfo(GCKind.Any).GenerationInfo;
            var (large, pinned) = (heaps[LargeObjects].SizeAfterBytes, heaps[PinnedObjects].SizeAfterBytes);
            System.IO.File.WriteAllText(path,
                string.Create(CultureInfo.InvariantCulture, $"{allocated} {large} {pinned} {GC.GetTotalAllocatedBytes(precise: true)}\n"));
        });
    }
}
