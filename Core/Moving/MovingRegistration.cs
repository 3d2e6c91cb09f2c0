using ChunkUpload.Core.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Core.Moving;

/// <summary>Registers what moves the content of finished uploads between stores.</summary>
public static class MovingRegistration
{
    public static IServiceCollection AddMoving(this IServiceCollection services) => services
        .AddSingleton<ContentMover>()
        .AddSingleton<OwnDisk>()
        .AddSingleton<GatherFiles>()
        .AddSingleton<IStartStep>(provider => provider.GetRequiredService<GatherFiles>())
        .AddSingleton<TierFiles>()
        .AddSingleton<IStartStep>(provider => provider.GetRequiredService<TierFiles>());
}
