using System.Reflection;
using System.Security.Cryptography;
using ChunkUpload.Core.Hosting;

namespace ChunkUpload.Api.Hosting;

/// <summary>
/// Loads every library that a request may need before the first one comes. By itself the runtime loads each when it is first used; where
/// no descriptor is free just then it does not try again, and every later request that needs the library fails until the next start.
/// </summary>
internal sealed class LibrariesStart : IStartStep
{
    private static readonly Lazy<int> All = new(Load);

    // Other servers, transports and ways to keep cookies, which come with the framework; each would take its place in memory, and so would
    // what only it needs.
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
                    // Named by a package for what it can do beside others, and not shipped.
                }
            }
        }

        // Those of the system that the ones above call.
        _ = SHA256.HashData([]);
        _ = RandomNumberGenerator.GetBytes(1);
        return seen.Count;
    }
}
