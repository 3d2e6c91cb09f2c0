using ChunkUpload.Core.Projects;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Infrastructure.Projects;

internal static class ProjectLedgerRegistration
{
    /// <summary>Registers the ledgers of projects. Requires AddUploadLedger.</summary>
    public static IServiceCollection AddProjectLedger(this IServiceCollection services) => services
        .AddSingleton<IProjectLedger, PostgresProjectLedger>()
        .AddSingleton<ICatalogueLedger, PostgresCatalogueLedger>()
        .AddSingleton<IInvitationLedger, PostgresInvitationLedger>()
        .AddSingleton<IDeviceLedger, PostgresDeviceLedger>()
        .AddSingleton<IStraightLedger, PostgresStraightLedger>()
        .AddSingleton<IFileTransferLedger, PostgresFileTransferLedger>();
}
