using ChunkUpload.Core.Checks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Infrastructure.Checks;

internal static class CheckerRegistration
{
    /// <summary>Registers the ledger of the checks and the configured checker. Requires AddUploadLedger.</summary>
    public static IServiceCollection AddCheckers(this IServiceCollection services) => services
        .AddSingleton<ICheckLedger, PostgresCheckLedger>()
        .AddSingleton<CommandChecker>()
        .AddSingleton<ClamdChecker>()
        .AddSingleton<IUploadChecker>(Chosen);

    private static IUploadChecker Chosen(IServiceProvider services)
    {
        var options = services.GetRequiredService<IOptions<CheckOptions>>().Value;
        if (options.Command.Length > 0)
            return services.GetRequiredService<CommandChecker>();
        // Without a checker, uploads are published immediately.
        return options.Clamd.Length > 0
            ? services.GetRequiredService<ClamdChecker>()
            : services.GetRequiredService<HookChecker>();
    }
}
