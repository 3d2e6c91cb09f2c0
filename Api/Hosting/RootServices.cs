using Microsoft.AspNetCore.Http.Features;

namespace ChunkUpload.Api.Hosting;

/// <summary>No service lives for one request, so requests do without a container of their own.</summary>
internal sealed class RootServices(IServiceProvider services) : IServiceProvidersFeature
{
    public IServiceProvider RequestServices { get => services; set => throw new NotSupportedException(); }

    public Task Give(HttpContext context, RequestDelegate next)
    {
        context.Features.Set<IServiceProvidersFeature>(this);
        return next(context);
    }
}
