using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Infrastructure.Access;

/// <summary>Wraps Data Protection's keys before they are stored in the ledger.</summary>
internal sealed class SecretXmlEncryptor(CookieSecret secret) : IXmlEncryptor
{
    public const string Element = "wrappedKey";

    public EncryptedXmlInfo Encrypt(XElement plaintextElement)
    {
        var wrapped = secret.Wrap(Encoding.UTF8.GetBytes(plaintextElement.ToString(SaveOptions.DisableFormatting)));
        return new EncryptedXmlInfo(new XElement(Element, Convert.ToBase64String(wrapped)), typeof(SecretXmlDecryptor));
    }

    public static byte[] Unwrap(CookieSecret secret, XElement element) => secret.Unwrap(Convert.FromBase64String(element.Value));
}

/// <summary>Unwraps the keys. Stored keys name this type, and Data Protection creates one for each key that it reads.</summary>
internal sealed class SecretXmlDecryptor(IServiceProvider services) : IXmlDecryptor
{
    public XElement Decrypt(XElement encryptedElement) =>
        XElement.Parse(Encoding.UTF8.GetString(SecretXmlEncryptor.Unwrap(services.GetRequiredService<CookieSecret>(), encryptedElement)));
}
