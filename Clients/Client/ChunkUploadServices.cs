using ChunkUpload.Client;
using Microsoft.Extensions.Logging;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers a <see cref="ChunkUploadClient"/>.</summary>
public static class ChunkUploadServices
{
    /// <summary>Adds one client for the whole program, with the program's log and time.</summary>
    /// <param name="services">The program's services.</param>
    /// <param name="options">The service's address, the key and bounds.</param>
    /// <param name="http">Null means the client's own; see the constructor of <see cref="ChunkUploadClient"/>.</param>
    /// <example><code>services.AddChunkUploadClient(_ => new() { Service = new Uri(address), Key = key });</code></example>
    public static IServiceCollection AddChunkUploadClient(
        this IServiceCollection services, Func<IServiceProvider, ChunkUploadClientOptions> options,
        Func<IServiceProvider, HttpClient>? http = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(options);
        return services.AddSingleton(provider => new ChunkUploadClient(
            options(provider), http?.Invoke(provider), provider.GetService<ILogger<ChunkUploadClient>>(),
            provider.GetService<TimeProvider>()));
    }
}
