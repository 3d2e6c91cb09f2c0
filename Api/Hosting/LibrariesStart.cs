using System.Reflection;
using System.Security.Cryptography;
using ChunkUpload.Core.Hosting;

namespace ChunkUpload.Api.Hosting;

/// <summary>
/// Loads every assembly that a request may need before the first request. The runtime loads an assembly at its first use. If no descriptor
/// is free then, the runtime never tries again, and every later request that needs the assembly fails until the next start.
/// </summary>
internal sealed class LibrariesStart : IStartStep
{
    private static readonly Lazy<int> All = new(Load);

    // Other servers, transports and log sinks that come with the framework. Loading them and their dependencies would cost memory.
    private static readonly HashSet<string> Unused =
    [
        "Microsoft.AspNetCore.Server.IIS", "Microsoft.AspNetCore.Server.IISIntegration", "Microsoft.AspNetCore.Server.HttpSys",
        "Microsoft.AspNetCore.Server.Kestrel.Transport.Quic", "Microsoft.AspNetCore.Server.Kestrel.Transport.NamedPipes", "System.Net.Quic",
        "Microsoft.AspNetCore.OutputCaching", "Microsoft.Extensions.Logging.EventLog",
        "System.Diagnostics.EventLog", "System.Security.Cryptography.Xml", "System.Runtime.Serialization.Formatters",
            "System.Resources.Writer",
        "Serilog.Settings.Configuration", "Serilog.Sinks.Debug", "Serilog.Sinks.File", "System.Drawing.Primitives",
            "System.Security.AccessControl",
    ];

    public int Order => StartOrder.Access + 50;

    public string Name => "libraries";

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _ = All.Value;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static int Load()
    {
        var seen = new HashSet<string>();
        var waiting = new Queue<Assembly>([typeof(LibrariesStart).Assembly]);
        while (waiting.TryDequeue(out var assembly))
        {
            foreach (var name in assembly.GetReferencedAssemblies().Where(name => !Unused.Contains(name.Name!) && seen.Add(name.Name!)))
            {
                try
                {
                    waiting.Enqueue(Assembly.Load(name));
                }
                catch (Exception e) when (e is FileNotFoundException or FileLoadException)
                {
                    // A package references this assembly for an optional feature, and it is not shipped.
                }
            }
        }

        // Load the native libraries behind the managed ones.
        _ = SHA256.HashData([]);
        _ = RandomNumberGenerator.GetBytes(1);
        return seen.Count;
    }
}
