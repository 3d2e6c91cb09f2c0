using ChunkUpload.Core.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Support.Engine;

/// <summary>Puts <see cref="EngineHooks"/> between the engine of a whole service and its store and ledger.</summary>
internal static class HookedService
{
    /// <summary>For the <c>replace</c> argument of <see cref="TestService"/>.</summary>
    public static Action<IServiceCollection> With(EngineHooks hooks) => services =>
    {
        foreach (var seam in HookedProxy.LedgerRoles.Append(typeof(IChunkStore)))
            Wrap(seam, services, hooks);
    };

    /// <summary>Completes when a file holds this number of bytes of its stream: then the service has read them from the socket.</summary>
    public static async Task WrittenAsync(this EngineHooks hooks, long end)
    {
        var gate = hooks.HoldAfter(nameof(IStoredFileWriter.Write), call => (long)call.Arguments[1]! + (int)call.Arguments[2]! >= end);
        await gate.Reached;
        gate.Open();
    }

    private static void Wrap(Type seam, IServiceCollection services, EngineHooks hooks)
    {
        var inner = services.Last(service => service.ServiceType == seam);
        object? made = null;
        services.AddSingleton(seam, provider => HookedProxy.Wrap(seam, made ??= Make(provider, inner), hooks));
    }

    private static object Make(IServiceProvider provider, ServiceDescriptor service) =>
        service.ImplementationInstance
        ?? service.ImplementationFactory?.Invoke(provider)
        ?? ActivatorUtilities.CreateInstance(provider, service.ImplementationType!);
}
