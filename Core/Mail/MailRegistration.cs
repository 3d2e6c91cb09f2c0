using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Work;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Core.Mail;

/// <summary>Registers the mail queue. Infrastructure registers the sender.</summary>
public static class MailRegistration
{
    public static IServiceCollection AddMail(this IServiceCollection services) => services
        .AddSingleton<MailQueue>()
        .AddSingleton<IWorkKind, MailWork>()
        .AddSingleton<OperatorMails>()
        .AddSingleton<IStartStep>(provider => provider.GetRequiredService<OperatorMails>());
}
