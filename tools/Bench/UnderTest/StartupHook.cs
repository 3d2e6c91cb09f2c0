using System.Globalization;
using System.Runtime.InteropServices;

/// <summary>
/// Loaded into the service by <c>DOTNET_STARTUP_HOOKS</c>. On SIGUSR1 it writes what the runtime has allocated so far, and the sizes of the
/// large and the pinned object heap after a collection. The runtime requires this name and no namespace.
/// </summary>
internal static class StartupHook
{
    /// <summary>The name of the variable with the file's path.</summary>
    public const string File = "BENCH_ALLOCATION_FILE";

    private const PosixSignal User1 = (PosixSignal)10;
    private const int LargeObjects = 3, PinnedObjects = 4;

    /// <summary>A reference, because the collector would end the registration otherwise.</summary>
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
