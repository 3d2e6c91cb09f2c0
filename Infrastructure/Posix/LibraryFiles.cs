using System.Globalization;
using ChunkUpload.Core.Hosting;

namespace ChunkUpload.Infrastructure.Posix;

/// <summary>
/// Lets go of the second copy of all libraries. The runtime maps each twice: once as the file lies on the disk, to learn what it is, and once to
/// run it. The first is hardly looked at again, and what was looked at would stay resident.
/// </summary>
internal sealed class LibraryFiles : IStartStep
{
    // When all that a request may need are loaded.
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
            // Memory stays as it is, which no start need be refused for.
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // Shared and not writable: whatever is there is the file's, and is mapped again from the page cache by whoever looks at it.
    private static (nint Start, nint Length)? Find(string line)
    {
        if (!line.Contains(" r--s ", StringComparison.Ordinal) || !line.EndsWith(".dll", StringComparison.Ordinal))
            return null;
        var place = line.AsSpan(0, line.IndexOf(' '));
        var dash = place.IndexOf('-');
        var start = nint.Parse(place[..dash], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        return (start, nint.Parse(place[(dash + 1)..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) - start);
    }

    // Advice: where it is not taken, memory stays as it is.
    private static unsafe void Forget(nint start, nint length) => _ = Libc.Madvise((void*)start, (nuint)length, PosixFlags.AdviseDontNeed);
}
