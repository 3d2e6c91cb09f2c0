using System.Globalization;
using System.IO.MemoryMappedFiles;
using ChunkUpload.Api;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Unit.Hosting;

public sealed class LibraryFilesTests : IDisposable
{
    private const int Bytes = 1 << 20;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Pages_of_a_library_file_do_not_stay_resident()
    {
        using var library = Map("Some.dll", MemoryMappedFileAccess.Read);
        Assert.Equal(Bytes, Look(library));
        AssertResident("Some.dll");

        await new LibraryFiles().StartAsync(default);

        Assert.Equal(0, Resident("Some.dll"));
        Assert.Equal(Bytes, Look(library));
    }

    [Theory]
    [InlineData("some.data", MemoryMappedFileAccess.Read)]
    [InlineData("Written.dll", MemoryMappedFileAccess.ReadWrite)]
    [InlineData("Private.dll", MemoryMappedFileAccess.CopyOnWrite)]
    public async Task Other_mappings_are_left_alone(string name, MemoryMappedFileAccess access)
    {
        using var mapping = Map(name, access);
        if (access != MemoryMappedFileAccess.Read)
            mapping.Write(0, (byte)2);
        var sum = Look(mapping);

        await new LibraryFiles().StartAsync(default);

        AssertResident(name);
        Assert.Equal(sum, Look(mapping));
    }

    [Fact]
    public async Task The_service_releases_library_pages_after_all_libraries_are_loaded()
    {
        var steps = new List<Type?>();
        await using var app = Program.Compose(
            ServiceConfiguration.Load(new ConfigurationSources()),
            services => steps.AddRange(
                services.Where(service => service.ServiceType == typeof(IStartStep)).Select(service => service.ImplementationType)));

        Assert.Contains(typeof(LibraryFiles), steps);
        Assert.True(new LibraryFiles().Order > new LibrariesStart().Order);
    }

    // Its accessor keeps it open.
    private MemoryMappedViewAccessor Map(string name, MemoryMappedFileAccess access)
    {
        var path = _folder[name];
        var bytes = new byte[Bytes];
        Array.Fill(bytes, (byte)1);
        File.WriteAllBytes(path, bytes);
        using var file = MemoryMappedFile.CreateFromFile(
            path, FileMode.Open, null, 0, access == MemoryMappedFileAccess.CopyOnWrite ? MemoryMappedFileAccess.Read : access);
        return file.CreateViewAccessor(0, Bytes, access);
    }

    private static long Look(MemoryMappedViewAccessor mapping)
    {
        long sum = 0;
        for (var at = 0; at < Bytes; at++)
            sum += mapping.ReadByte(at);
        return sum;
    }

    private static long Resident(string name)
    {
        var facts = File.ReadLines("/proc/self/smaps").SkipWhile(line => !line.EndsWith('/' + name)).ToList();
        Assert.NotEmpty(facts);
        return 1024 * long.Parse(facts.First(line => line.StartsWith("Rss:", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    /// <summary>Most of it, because the kernel may reclaim some pages of a file at any time.</summary>
    private static void AssertResident(string name) => Assert.InRange(Resident(name), Bytes / 2, Bytes);
}
