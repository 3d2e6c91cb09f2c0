using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Core.Intake;

/// <summary>Registers the intake of uploads.</summary>
public static class IntakeRegistration
{
    public static IServiceCollection AddIntake(this IServiceCollection services) => services

        .AddSingleton<CreationHook>()
        .AddSingleton<UploadIntake>()
        .AddSingleton<SmallFileWriter>()
        .AddSingleton<Unpacking.Unpacker>()
        .AddSingleton<FileReceiver>()
        .AddSingleton<ForeignFileWriter>();
}
