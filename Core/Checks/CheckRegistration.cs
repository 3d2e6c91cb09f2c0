using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Work;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Core.Checks;

/// <summary>
/// Registers the checks of uploads before they are published. Infrastructure registers the ledger and the other checkers.
/// </summary>
public static class CheckRegistration
{
    public static IServiceCollection AddChecks(this IServiceCollection services) => services
        .AddSingleton<HookChecker>()
        .AddSingleton<IStartStep, CheckerStart>()
        .AddSingleton<IWorkKind, CheckWork>();
}
