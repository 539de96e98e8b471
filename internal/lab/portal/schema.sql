CREATE TABLE beneficiary (
  id         VARCHAR(16)  NOT NULL PRIMARY KEY,
  name       VARCHAR(200) NOT NULL,
  contact    VARCHAR(200) NOT NULL,
  created_at DATETIME     NOT NULL DEFAULT CURRENT_TIMESTAMP
) ENGINE=InnoDB;

CREATE TABLE certificate (
  id             BIGINT       NOT NULL AUTO_INCREMENT PRIMARY KEY,
  beneficiary_id VARCHAR(16)  NOT NULL,
  serial         CHAR(32)     NOT NULL UNIQUE,
  subject        VARCHAR(200) NOT NULL,
  issued_at      DATETIME(6)  NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  expires_at     DATETIME     NOT NULL,
  revoked_at     DATETIME(6)  NULL,
  KEY (beneficiary_id, issued_at),
  FOREIGN KEY (beneficiary_id) REFERENCES beneficiary (id)
) ENGINE=InnoDB;

CREATE TABLE attachment (
  id             BIGINT       NOT NULL AUTO_INCREMENT PRIMARY KEY,
  certificate_id BIGINT       NOT NULL,
  name           VARCHAR(200) NOT NULL,
  size           BIGINT       NOT NULL,
  sha256         BINARY(32)   NOT NULL,
  created_at     DATETIME(6)  NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  KEY (certificate_id),
  FOREIGN KEY (certificate_id) REFERENCES certificate (id)
) ENGINE=InnoDB;

CREATE TABLE revocation (
  certificate_id BIGINT      NOT NULL PRIMARY KEY,
  noted_at       DATETIME(6) NOT NULL,
  FOREIGN KEY (certificate_id) REFERENCES certificate (id)
) ENGINE=InnoDB;

CREATE TABLE report (
  beneficiary_id VARCHAR(16) NOT NULL PRIMARY KEY,
  active         INT         NOT NULL,
  made_at        DATETIME    NOT NULL
) ENGINE=InnoDB;

CREATE VIEW active_certificate AS
  SELECT id, beneficiary_id, serial, subject, expires_at FROM certificate
  WHERE revoked_at IS NULL AND expires_at > CURRENT_TIMESTAMP;

CREATE TRIGGER note_revocation AFTER UPDATE ON certificate FOR EACH ROW
  INSERT IGNORE INTO revocation (certificate_id, noted_at)
  SELECT NEW.id, NEW.revoked_at FROM DUAL WHERE OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL;

CREATE PROCEDURE revoke_all (IN who VARCHAR(16))
  UPDATE certificate SET revoked_at = CURRENT_TIMESTAMP(6) WHERE beneficiary_id = who AND revoked_at IS NULL;

CREATE EVENT make_report ON SCHEDULE EVERY 1 DAY DO
  REPLACE INTO report (beneficiary_id, active, made_at)
  SELECT b.id, COUNT(a.id), CURRENT_TIMESTAMP
  FROM beneficiary b LEFT JOIN active_certificate a ON a.beneficiary_id = b.id GROUP BY b.id
