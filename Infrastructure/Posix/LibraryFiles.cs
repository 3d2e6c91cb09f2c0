using System.Globalization;
using ChunkUpload.Core.Hosting;

namespace ChunkUpload.Infrastructure.Posix;

/// <summary>
/// Releases the memory of the second mapping of all libraries. The runtime maps each library twice: once as it lies on the disk, to inspect
/// it, and once to run it. The first mapping is hardly used again, but its pages would stay resident.
/// </summary>
internal sealed class LibraryFiles : IStartStep
{
    // Late in the start, when the libraries that requests need are loaded.
    public int Order => StartOrder.Access + 60;

    public string Name => "library files";

    public Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            foreach (var line in File.ReadLines("/proc/self/maps"))
            {
                if (Find(line) is { } mapping)
                    Forget(mapping.Start, mapping.Length);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Best effort: a failure must not refuse the start.
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // Finds shared mappings that are not writable: they hold the file's own bytes, and a later access maps them again from the page cache.
    private static (nint Start, nint Length)? Find(string line)
    {
        if (!line.Contains(" r--s ", StringComparison.Ordinal) || !line.EndsWith(".dll", StringComparison.Ordinal))
            return null;
        var place = line.AsSpan(0, line.IndexOf(' '));
        var dash = place.IndexOf('-');
        var start = nint.Parse(place[..dash], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        return (start, nint.Parse(place[(dash + 1)..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) - start);
    }

    // Advice only: if the kernel ignores it, memory use stays as it is.
    private static unsafe void Forget(nint start, nint length) => _ = Libc.Madvise((void*)start, (nuint)length, PosixFlags.AdviseDontNeed);
}
