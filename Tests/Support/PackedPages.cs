using System.Diagnostics;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.FileProviders;

namespace ChunkUpload.Tests.Support;

/// <summary>A copy of the service's pages with the packed console, as tools/run makes it; one for the whole run.</summary>
internal sealed class PackedPages
{
    private static readonly string Packer = Path.Combine(Repository.Root, "Api", "wwwroot", "build");

    private static readonly Lazy<Task<PackedPages>> Made = new(MakeAsync);

    private PackedPages(string root) => Root = root;

    /// <summary>The reason why no test of it can run, or null.</summary>
    public static string? Missing { get; } =
        NodeClient.ConsoleMissing
        ?? (Directory.Exists(Path.Combine(Packer, "node_modules", "esbuild"))
            ? null
            : "the packages of Api/wwwroot/build are not installed: run ./tools/run once");

    /// <summary>Makes a service in a process of its own use them.</summary>
    public Dictionary<string, string> Environment => new() { ["ASPNETCORE_WEBROOT"] = Root };

    public string Root { get; }

    public static Task<PackedPages> GetAsync() => Made.Value;

    /// <summary>Makes a service of this process use them.</summary>
    public void UseIn(IServiceCollection services)
    {
        var environment = (IWebHostEnvironment)services
            .First(service => service.ServiceType == typeof(IWebHostEnvironment)).ImplementationInstance!;
        environment.WebRootPath = Root;
        environment.WebRootFileProvider = new PhysicalFileProvider(Root);
    }

    private static async Task<PackedPages> MakeAsync()
    {
        var pages = new PackedPages(Path.Combine(RunFolder.CreateFolder(), "wwwroot"));
        var sources = Directory.EnumerateFiles(Path.Combine(Repository.Root, "Api", "wwwroot"), "*", SearchOption.AllDirectories)
            .Where(path => !path.StartsWith(Packer + "/", StringComparison.Ordinal));
        foreach (var source in sources)
        {
            var target = Path.Combine(pages.Root, Path.GetRelativePath(Path.Combine(Repository.Root, "Api", "wwwroot"), source));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            await using var from = File.OpenRead(source);
            await using var to = File.Create(target);
            await from.CopyToAsync(to);
        }

        var start = new ProcessStartInfo("node", ["pack.mjs", pages.Root]) { WorkingDirectory = Packer, RedirectStandardError = true };
        using var packer = Process.Start(start)!;
        var complaints = await packer.StandardError.ReadToEndAsync();
        await packer.WaitForExitAsync();
        Assert.True(packer.ExitCode == 0 && complaints.Length == 0, complaints);
        return pages;
    }
}

/// <summary>Skipped where the console cannot be packed.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PackedConsoleFactAttribute : FactAttribute
{
    public PackedConsoleFactAttribute() => Skip = PackedPages.Missing;
}
